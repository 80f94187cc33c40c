// Preloaded into `ip`: a dump is not asked of the kernel but read from a file, so that `ip` can be shown any message.
// The file $NSNET_REPLAY/TYPE, TYPE being the number of the request, holds the answer: messages behind one another.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static char *answer;
static size_t answer_length;
static int answer_socket = -1;

/** The whole file, or NULL. */
static char *read_file(const char *path, size_t *length)
{
  FILE *file = fopen(path, "r");
  if (file == NULL)
    return NULL;
  char *content = malloc(1 << 26);
  *length = fread(content, 1, 1 << 26, file);
  fclose(file);
  return content;
}

/** Addresses the messages to the one who asked. */
static void address_messages(int socket, __u32 sequence)
{
  struct sockaddr_nl own = {0};
  socklen_t size = sizeof own;
  getsockname(socket, (struct sockaddr *)&own, &size);
  for (size_t at = 0; at + sizeof(struct nlmsghdr) <= answer_length;) {
    struct nlmsghdr *header = (struct nlmsghdr *)(answer + at);
    header->nlmsg_seq = sequence;
    header->nlmsg_pid = own.nl_pid;
    at += NLMSG_ALIGN(header->nlmsg_len);
  }
}

ssize_t send(int socket, const void *data, size_t length, int flags)
{
  static ssize_t (*real)(int, const void *, size_t, int);
  if (real == NULL)
    real = dlsym(RTLD_NEXT, "send");
  const struct nlmsghdr *request = data;
  const char *folder = getenv("NSNET_REPLAY");
  if (folder != NULL && length >= sizeof *request && (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%d", folder, request->nlmsg_type);
    char *content = read_file(path, &answer_length);
    if (content != NULL) {
      answer = content;
      answer_socket = socket;
      address_messages(socket, request->nlmsg_seq);
      return length;
    }
  }
  return real(socket, data, length, flags);
}

ssize_t recvmsg(int socket, struct msghdr *message, int flags)
{
  static ssize_t (*real)(int, struct msghdr *, int);
  if (real == NULL)
    real = dlsym(RTLD_NEXT, "recvmsg");
  if (socket != answer_socket)
    return real(socket, message, flags);
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  if (message->msg_name != NULL)
    memcpy(message->msg_name, &kernel, sizeof kernel);
  message->msg_namelen = sizeof kernel;
  message->msg_flags = 0;
  if (flags & MSG_PEEK)
    return answer_length;
  memcpy(message->msg_iov[0].iov_base, answer, answer_length);
  free(answer);
  answer_socket = -1;
  return answer_length;
}
