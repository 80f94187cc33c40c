/*
 * The floor: what the kernel alone takes, asked from C without decoding anything.
 *
 *   floor get COUNT IFINDEX   microseconds per RTM_GETLINK, one send and one recv each
 *   floor dump                microseconds for receiving the IPv4 main table once
 */
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static char buffer[65536];

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void get(int fd, int count, int index) {
  struct {
    struct nlmsghdr header;
    struct ifinfomsg link;
  } request = {{sizeof request, RTM_GETLINK, NLM_F_REQUEST, 0, 0}, {.ifi_index = index}};
  double start = now();
  for (int i = 0; i < count; i++) {
    request.header.nlmsg_seq = i + 1;
    if (send(fd, &request, sizeof request, 0) < 0 || recv(fd, buffer, sizeof buffer, 0) < 0) fail("get");
  }
  if (((struct nlmsghdr *)buffer)->nlmsg_type != RTM_NEWLINK) exit(2);
  printf("%f\n", (now() - start) / count);
}

static void dump(int fd) {
  struct {
    struct nlmsghdr header;
    struct rtmsg route;
  } request = {{sizeof request, RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP, 1, 0}, {.rtm_family = AF_INET}};
  double start = now();
  if (send(fd, &request, sizeof request, 0) < 0) fail("send");
  for (;;) {
    if (recv(fd, buffer, sizeof buffer, 0) < 0) fail("recv");
    if (((struct nlmsghdr *)buffer)->nlmsg_type == NLMSG_DONE) break;
  }
  printf("%f\n", now() - start);
}

int main(int argc, char **argv) {
  int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  if (fd < 0) fail("socket");
  if (argc == 4 && strcmp(argv[1], "get") == 0) get(fd, atoi(argv[2]), atoi(argv[3]));
  else if (argc == 2 && strcmp(argv[1], "dump") == 0) dump(fd);
  else return 2;
  return 0;
}
