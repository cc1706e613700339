/* The yardstick of the bench: lists established sockets of a local port and destroys them one by one, nothing else.
 * Golden are peers in 10.20.0.0/16. Build: cc -O2 -o raw-socket-destroy raw-socket-destroy.c */
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

enum { most_sockets = 100000, established_state = 1 << 1, local_port = 8080, golden_prefix = 10 << 8 | 20 };

struct request {
  struct nlmsghdr header;
  struct inet_diag_req_v2 body;
};

static struct inet_diag_msg found[most_sockets];
static char buffer[1 << 18];

static int list(int diag, int family, int count) {
  struct request ask = {.header = {sizeof ask, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, 0, 0},
                        .body = {.sdiag_family = family, .sdiag_protocol = IPPROTO_TCP, .idiag_states = established_state}};
  send(diag, &ask, sizeof ask, 0);
  for (;;) {
    int length = recv(diag, buffer, sizeof buffer, 0);
    for (struct nlmsghdr *part = (void *)buffer; NLMSG_OK(part, length); part = NLMSG_NEXT(part, length)) {
      if (part->nlmsg_type == NLMSG_DONE || part->nlmsg_type == NLMSG_ERROR) return count;
      struct inet_diag_msg *socket = NLMSG_DATA(part);
      /* A v4-mapped address ends with the IPv4 one. */
      unsigned peer = ntohl(socket->id.idiag_dst[family == AF_INET6 ? 3 : 0]);
      if (ntohs(socket->id.idiag_sport) != local_port || peer >> 16 == golden_prefix || count == most_sockets) continue;
      found[count++] = *socket;
    }
  }
}

static int destroy(int diag, const struct inet_diag_msg *socket) {
  struct request ask = {
      .header = {sizeof ask, SOCK_DESTROY, NLM_F_REQUEST | NLM_F_ACK, 0, 0},
      .body = {.sdiag_family = socket->idiag_family, .sdiag_protocol = IPPROTO_TCP, .id = socket->id}};
  send(diag, &ask, sizeof ask, 0);
  recv(diag, buffer, sizeof buffer, 0);
  return ((struct nlmsgerr *)NLMSG_DATA((struct nlmsghdr *)buffer))->error == 0;
}

int main(void) {
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  int diag = socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG), destroyed = 0;
  int count = list(diag, AF_INET6, list(diag, AF_INET, 0));
  for (int position = 0; position < count; position++) destroyed += destroy(diag, &found[position]);
  clock_gettime(CLOCK_MONOTONIC, &end);
  long ms = (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
  printf("{\"destroyed\":%d,\"totalMs\":%ld}\n", destroyed, ms);
}
