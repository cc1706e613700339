"""Starts ministack with one door open: PutEvents takes events of AWS services.

On AWS only GuardDuty and CloudWatch send findings and alarm events, and ministack 1.5.33 refuses their sources in
PutEvents as AWS does. But nothing inside it ever sends them, so a recorded event could reach no rule. ministack keeps
this switch for events of its own services; here its default is turned on, and nothing else is changed.
"""

from ministack.app import main
from ministack.services import eventbridge

defaults = eventbridge._put_events.__defaults__
if defaults != (False,):
    raise SystemExit(f"ministack's PutEvents is not as expected: defaults {defaults!r}, (False,) is wanted")
eventbridge._put_events.__defaults__ = (True,)

main()
