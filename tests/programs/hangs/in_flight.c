/* Ends that are open and in no table: each was sent over a UNIX socket (SCM_RIGHTS) and not received. */
#define _GNU_SOURCE
#include <string.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "hangs.h"

static char byte;

/* Send a descriptor, and give it up. */
static void send_away(int socket, int fd) {
    char room[CMSG_SPACE(sizeof fd)] = {0};
    struct iovec one = {.iov_base = &byte, .iov_len = 1};
    struct msghdr m = {.msg_iov = &one, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    if (sendmsg(socket, &m, 0) != 1) exit(3);
    close(fd);
}

/* Waits for the end of file, or for room, for ever: a process that has nothing but this end. */
static pid_t waits_at(int end, int writes, const int *others, int count) {
    static char bulk[70000];
    pid_t child = fork();
    if (child) return child;
    quiet();
    for (int i = 0; i < count; i++) close(others[i]);
    if (writes) while (write(end, bulk, sizeof bulk) > 0);
    else while (read(end, &byte, 1) > 0);
    /* Once it has come: asleep in another call. */
    forever();
    return 0;
}

/* The keeper has the socket that the end was sent to, and does not receive. `writes`: it is the read end; `kept`: the parent
   has kept a copy. */
static void sent(int writes, int kept) {
    int p[2], s[2];
    if (pipe(p) || socketpair(AF_UNIX, SOCK_STREAM, 0, s)) exit(3);
    int own = p[writes], away = p[!writes];
    pid_t keeper = fork();
    if (keeper == 0) { quiet(); close(p[0]); close(p[1]); close(s[0]); forever(); }
    pid_t waiter = waits_at(own, writes, (int[]){away, s[0], s[1]}, 3);
    close(own); close(s[1]);
    int copy = kept ? dup(away) : -1;
    send_away(s[0], away);
    if (kept) dup2(copy, away), close(copy);
    say2("keeper", keeper, "waiter", waiter);
    forever();
}

/* It alone could receive what it waits for the end of. */
static void to_itself(void) {
    int p[2], s[2];
    if (pipe(p) || socketpair(AF_UNIX, SOCK_STREAM, 0, s)) exit(3);
    send_away(s[0], p[1]);
    close(s[0]);
    say2("waiter", getpid(), "waiter", getpid());
    read(p[0], &byte, 1);
}

/* The parent waits for the child, which waits for the end of file; the parent could receive the write end. */
static void to_its_parent(void) {
    int p[2], s[2];
    if (pipe(p) || socketpair(AF_UNIX, SOCK_STREAM, 0, s)) exit(3);
    pid_t child = waits_at(p[0], 0, (int[]){p[1], s[0], s[1]}, 3);
    close(p[0]);
    send_away(s[0], p[1]);
    close(s[0]);
    say2("parent", getpid(), "waiter", child);
    waitpid(child, NULL, 0);
}

/* The socket that the end was sent to is in flight itself, to the keeper. */
static void twice(void) {
    int p[2], s[2], t[2];
    if (pipe(p) || socketpair(AF_UNIX, SOCK_STREAM, 0, s) || socketpair(AF_UNIX, SOCK_STREAM, 0, t)) exit(3);
    pid_t waiter = waits_at(p[0], 0, (int[]){p[1], s[0], s[1], t[0], t[1]}, 5);
    close(p[0]);
    send_away(s[0], p[1]);
    send_away(t[0], s[1]);
    close(s[0]);
    say2("keeper", getpid(), "waiter", waiter);
    forever();
}

/* The socket that the end was sent to is in flight to itself: nobody can ever receive it, and the kernel clears it away. */
static void circle(void) {
    int p[2], s[2];
    if (pipe(p) || socketpair(AF_UNIX, SOCK_STREAM, 0, s)) exit(3);
    pid_t waiter = waits_at(p[0], 0, (int[]){p[1], s[0], s[1]}, 3);
    close(p[0]);
    send_away(s[0], p[1]);
    send_away(s[0], s[1]);
    close(s[0]);
    say2("parent", getpid(), "waiter", waiter);
    forever();
}

/* The end was sent over a connection that nobody has accepted. */
static void to_a_listener(const char *path) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    strncpy(at.sun_path, path, sizeof at.sun_path - 1);
    int p[2], l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
    if (pipe(p) || bind(l, (struct sockaddr *)&at, sizeof at) || listen(l, 4)) exit(3);
    pid_t waiter = waits_at(p[0], 0, (int[]){p[1], l, c}, 3);
    close(p[0]);
    if (connect(c, (struct sockaddr *)&at, sizeof at)) exit(3);
    send_away(c, p[1]);
    say2("keeper", getpid(), "waiter", waiter);
    forever();
}

/* A socket waits for its other end, which was sent away. */
static void other_end(void) {
    int q[2], s[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, q) || socketpair(AF_UNIX, SOCK_STREAM, 0, s)) exit(3);
    pid_t waiter = waits_at(q[0], 0, (int[]){q[1], s[0], s[1]}, 3);
    close(q[0]);
    send_away(s[0], q[1]);
    say2("keeper", getpid(), "waiter", waiter);
    forever();
}

void in_flight(const char *name, const char *path) {
    if (!strcmp(name, "sent-write-end")) sent(0, 0);
    if (!strcmp(name, "sent-read-end")) sent(1, 0);
    if (!strcmp(name, "sent-a-copy")) sent(0, 1);
    if (!strcmp(name, "sent-to-itself")) to_itself();
    if (!strcmp(name, "sent-to-its-parent")) to_its_parent();
    if (!strcmp(name, "sent-twice")) twice();
    if (!strcmp(name, "sent-in-a-circle")) circle();
    if (!strcmp(name, "sent-to-a-listener")) to_a_listener(path);
    if (!strcmp(name, "sent-other-end")) other_end();
}
