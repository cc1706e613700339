/** What a script knows at the end of its longest run, as shell lines in the place of its main part. */
export interface LongestState {
  /** Name of the script in documents/linux. */
  readonly name: string;
  /** What makes it long. */
  readonly what: string;
  /** Shell lines that set what the verdict prints. */
  readonly state: string;
  /** Lists the verdict must hold whole, with their lengths: readers take the undo from them. */
  readonly whole?: Readonly<Record<string, number>>;
}

const digest = 'd'.repeat(64);
const number = '9999999';
const ipv6 = (n: number): string => `fd00:1111:2222:3333:4444:5555:6666:${7000 + n}`;
const counted = (count: number, make: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => make(n)).join(' ');
const set = (names: string, value: string): string =>
  names
    .split(' ')
    .map((name) => `${name}=${value}`)
    .join('; ');
/** What `print_things` reads, for things of these names. */
const things = (names: string, now: string, status: string): string =>
  `named=(${names}); for name in "\${named[@]}"; do before[$name]=inactive now[$name]=${now} status[$name]=${status}; done`;
const daemon = `4194304-${'9'.repeat(20)}`;
const kept = (name: string): string => `list_file=$state_dir/${name} list_digest=${digest}`;

/** Five names that fill the parameter to its 564 characters. */
const fiveNames = (prefix: string): string =>
  counted(5, (n) => `${prefix}${String(n).padEnd(112 - prefix.length, 'n')}`);
/** What earlier runs of the same incident noted: more than one parameter can name. */
const noted = (prefix: string): string => counted(40, (n) => `${prefix}${String(n).padStart(3, '0')}${'n'.repeat(97)}`);
const sources = `SSM_sources='${counted(8, ipv6)}' SSM_backup=server:${ipv6(9)}`;
const held = (answer: string): string =>
  `${sources}; read_watched "$SSM_sources"; read_backup "$SSM_backup"
   for name in "\${watched[@]}"; do answered[$name]=${answer} source_state[$name]=false-ticker; done
   result=switched changed=false selected=${ipv6(9)} daemon=${daemon} source_count=99
   bound_us=999999999999 limit_us=99999999 growth_ppm=999999.999 under_limit_seconds=9999999999
   hardware_clock=differs; head -c 999 /dev/zero >time-sources-before.txt
   ${things('"${watched[@]}" "$backup_name"', 'false-ticker', 'failed')}`;
const switched = `${set('source_address', ipv6(1))}; ${set('failed_address', ipv6(2))}; selected=${ipv6(3)} daemon=${daemon}
   source_count=99; for n in {1..60}; do hardware_sources+=('"PHC0 false-ticker"'); done
   : >time-sources-before.txt; ${things(`${ipv6(1)} ${ipv6(2)}`, 'false-ticker', 'already-offline')}`;
const logins = (list: string, count: number, token: string): string =>
  `for n in {1..${count}}; do ${list}+=(${token}); done`;

const sessions = `engine=postgresql mode=kill ${set('matched killed survivors spared rolled_back', number).replaceAll(';', '')}
   ${kept('sessions-1764000000000.tsv')}`;
const zones = `host_offset=-840 host_zone=${'z'.repeat(90)} localtime=${'l'.repeat(40)} ntp_synchronized=yes process_count=${number}
   for n in {1..5}; do
     engine_facts+="\${engine_facts:+,}{\\"engine\\":\\"postgresql\\",\\"zone\\":\\"${'z'.repeat(40)}\\",\\"source\\":\\"${'s'.repeat(24)}\\",\\"offsetMinutes\\":-840}"
   done
   for ((n = 0; n < most_processes; n++)); do
     process_facts+="\${process_facts:+,}{\\"name\\":\\"${'n'.repeat(15)}\\",\\"source\\":\\"user.timezone\\",\\"zone\\":\\"${'z'.repeat(40)}\\",\\"offsetMinutes\\":-840,\\"count\\":4194304}"
   done
   ${kept('time-zones-1764000000000.tsv')}`;
const counts = set('selected cut survivors golden_before golden_lost block_ms kill_ms', number);

/** The longest verdict of every document, by the most its parameters, its notes and its host can make of it. */
export const longestStates: readonly LongestState[] = [
  {
    name: 'block-connections',
    what: 'a block',
    state: `state=already-blocked blocked=false table_digest=${digest}`,
  },
  {
    name: 'collect-state',
    what: 'busy ports, and names of 250 characters',
    state: `${set('listening established', number)}; ${set('zone kernel agent', `'"${'n'.repeat(64)}"'`)}
      ports=$(printf '[65535,999999],%.0s' {1..20}); ports=\${ports%,} load='[99999.99,99999.99,99999.99]'
      memory='{"total":9999999999,"available":9999999999}' offset='"+0530"' synchronized=false clock=-999999.999999999999
      quote_names ${counted(9, (n) => `${n}`.padEnd(250, 'n'))}; failed_units=$REPLY tables=$REPLY
      printf -v missing '"%s",' "\${other_tools[@]}"; missing=\${missing%,} socket_destroy=false
      ${kept('state-1764000000000.txt')}`,
  },
  { name: 'detect-time-zones', what: 'five engines, and more processes than it names', state: zones },
  {
    name: 'hold-task',
    what: 'five tasks',
    state: things(fiveNames('timer:'), 'inactive', 'already-held'),
    whole: { tasks: 5 },
  },
  { name: 'hold-time', what: 'eight IPv6 sources that fell silent, and a server', state: held('no') },
  { name: 'hold-time', what: 'eight IPv6 sources that answer, and a server', state: held('yes') },
  {
    name: 'install-sensor',
    what: 'more metrics than there are',
    state: `state=already-installed first_run=published timer_state=deactivating digest=${digest} former_digest=${digest}
      for n in {1..99}; do published+=('"${'M'.repeat(40)}"'); done`,
  },
  {
    name: 'kill-connections',
    what: 'more peers at night than it names',
    state: `scope=server peers_from=night-logins night_peers=(${counted(99, ipv6)}); ${counts}
      blocked=false table_digest=${digest} ${kept('cut-1764000000000.txt')}`,
  },
  {
    name: 'kill-sessions',
    what: 'short names of logins',
    state: `${sessions}; ${logins('logins_held', 56, 'a@2147483647')}; ${logins('logins_left', 400, 'b')}`,
    whole: { loginsHeld: 56 },
  },
  {
    name: 'kill-sessions',
    what: 'long names of logins',
    state: `${sessions}; ${logins('logins_held', 11, `${'a'.repeat(64)}@2147483647`)}; ${logins('logins_left', 400, 'b'.repeat(64))}`,
    whole: { loginsHeld: 11 },
  },
  {
    name: 'release-connections',
    what: 'a release',
    state: `state=already-released table_digest=${digest} timer_expired=false`,
  },
  {
    name: 'release-sessions',
    what: 'the shortest logins its parameter takes',
    state: `engine=postgresql; ${logins('drifted', 256, 'a@0')}`,
  },
  {
    name: 'release-sessions',
    what: 'long logins from the notes of several runs',
    state: `engine=postgresql; for list in undone already_undone drifted; do
      declare -n into=$list; ${logins('into', 40, `${'a'.repeat(64)}@${'h'.repeat(100)}@unlocked`)}; done`,
  },
  {
    name: 'release-task',
    what: 'tasks of several runs from the note',
    state: things(noted('timer:'), 'inactive', 'already-released'),
  },
  {
    name: 'release-time',
    what: 'eight IPv6 sources and a server',
    state: `selected=${ipv6(1)} daemon=${daemon}; ${things(counted(9, ipv6), 'false-ticker', 'already-undone')}`,
    whole: { sources: 9 },
  },
  {
    name: 'remove-sensor',
    what: 'a removal',
    state: `state=already-removed timer_state=deactivating digest=${digest}`,
  },
  { name: 'restore-time-source', what: 'many clocks in hardware', state: switched },
  {
    name: 'resync-clock',
    what: 'offsets of years',
    state: `${set('offset_before_us bound_before_us offset_after_us bound_after_us', '-999999999999999')}
      mode=measure source_address=${ipv6(1)} readings=9999 hardware_clock=untouched`,
  },
  {
    name: 'shed-connections',
    what: 'ten classes with the longest names',
    state: `for n in {0..9}; do class_names+=("\${n}${'c'.repeat(47)}"); cut_per_class+=(${number}); done
      ${set('before after low_mark', '999999999999')}; ${counts}; ${set('rounds zombies', number)}
      state=still-overloaded load_kind=connections blocked=false table_digest=${digest} ${kept('shed-1764000000000.txt')}`,
  },
  {
    name: 'start-service',
    what: 'services of several runs from the note',
    state: things(noted('service:'), 'inactive', 'already-started'),
  },
  {
    name: 'stop-service',
    what: 'five services',
    state: things(fiveNames('s'), 'inactive', 'already-stopped'),
    whole: { services: 5 },
  },
  { name: 'switch-time-source', what: 'many clocks in hardware', state: switched },
];
