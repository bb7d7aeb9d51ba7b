/* Calls whose words are held against those of strace. Each of these programs makes a few, always the same. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int ok(int value, const char *what) {
    if (value < 0) {
        perror(what);
        exit(99);
    }
    return value;
}

/* Arguments that are easily taken for something else. */
static int texts(void) {
    int event = ok(eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK), "eventfd");
    int memory = ok(memfd_create("words", 0), "memfd_create");
    ok(write(memory, "four", 4), "write");
    int p[2];
    ok(pipe(p), "pipe");
    off_t from = 0;
    ok(sendfile(p[1], memory, &from, 4), "sendfile");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = sprintf(address.sun_path + 1, "calls-%d", (int)getpid());
    length += offsetof(struct sockaddr_un, sun_path) + 1;
    int server = ok(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
    ok(bind(server, (struct sockaddr *)&address, length), "bind");
    ok(listen(server, 1), "listen");
    int client = ok(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
    ok(connect(client, (struct sockaddr *)&address, length), "connect");
    ok(accept(server, NULL, NULL), "accept");
    ok(open("/dev/null", O_RDONLY | O_CLOEXEC), "open");
    close(event);
    execl("/bin/sleep", "evil", "0", (char *)NULL);
    return 1;
}

/* Counters, timers and signals that are read; what waits for several of them. */
static int notices(void) {
    int counter = ok(eventfd(0, EFD_NONBLOCK), "eventfd");
    uint64_t number = 5;
    ok(write(counter, &number, 8), "write");
    ok(read(counter, &number, 8), "read");
    int timer = ok(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), "timerfd_create");
    struct itimerspec when = {{0, 0}, {0, 1000000}};
    ok(timerfd_settime(timer, 0, &when, NULL), "timerfd_settime");
    ok(read(timer, &number, 8), "read");
    when = (struct itimerspec){{7, 500000000}, {3600, 0}};
    ok(timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL), "timerfd_settime");
    when = (struct itimerspec){{0, 0}, {0, 0}};
    ok(timerfd_settime(timer, 0, &when, NULL), "timerfd_settime");
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int signals = ok(signalfd(-1, &set, SFD_NONBLOCK), "signalfd");
    kill(getpid(), SIGUSR1);
    struct signalfd_siginfo info;
    ok(read(signals, &info, sizeof info), "read");
    return 0;
}

static int waits(void) {
    int p[2], byte = 0;
    ok(pipe(p), "pipe");
    int epoll = ok(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    struct epoll_event event = {EPOLLIN | EPOLLET, {.u64 = 0x1234567890}};
    ok(epoll_ctl(epoll, EPOLL_CTL_ADD, p[0], &event), "epoll_ctl");
    event.events = EPOLLIN;
    ok(epoll_ctl(epoll, EPOLL_CTL_MOD, p[0], &event), "epoll_ctl");
    ok(epoll_wait(epoll, &event, 1, 1), "epoll_wait");
    fd_set reads, writes;
    FD_ZERO(&reads);
    FD_ZERO(&writes);
    FD_SET(p[0], &reads);
    struct timeval soon = {0, 1000};
    ok(select(p[0] + 1, &reads, NULL, NULL, &soon), "select");
    ok(write(p[1], "x", 1), "write");
    ok(epoll_wait(epoll, &event, 1, -1), "epoll_wait");
    FD_SET(p[0], &reads);
    FD_SET(p[1], &writes);
    ok(select(p[1] + 1, &reads, &writes, NULL, NULL), "select");
    ok(read(p[0], &byte, 1), "read");
    ok(epoll_ctl(epoll, EPOLL_CTL_DEL, p[0], NULL), "epoll_ctl");
    return 0;
}

static int queue(void) {
    char name[64], text[32];
    sprintf(name, "/calls-%d", (int)getpid());
    struct mq_attr asked = {.mq_maxmsg = 2, .mq_msgsize = 32};
    int fd = ok(mq_open(name, O_CREAT | O_RDWR, 0640, &asked), "mq_open");
    ok(mq_open(name, O_WRONLY | O_NONBLOCK), "mq_open");
    mq_unlink(name);
    ok(mq_open(name, O_CREAT | O_RDONLY, 0600, NULL), "mq_open");
    mq_unlink(name);
    struct timespec past = {1, 500000000};
    ok(mq_timedsend(fd, "y", 1, 0, &past), "mq_timedsend");
    ok(mq_receive(fd, text, sizeof text, NULL), "mq_receive");
    mq_timedreceive(fd, text, sizeof text, NULL, &past);
    return 0;
}

/* Calls on ordinary files, in a folder of its own. */
static int files(void) {
    char folder[] = "/tmp/calls-XXXXXX", bytes[16];
    if (!mkdtemp(folder))
        return 1;
    ok(chdir(folder), "chdir");
    int one = ok(open("one", O_RDWR | O_CREAT, 0640), "open");
    ok(write(one, "hello world", 11), "write");
    ok(lseek(one, -5, SEEK_END), "lseek");
    ok(pread(one, bytes, 3, 6), "pread");
    ok(pwrite(one, "J", 1, 0), "pwrite");
    struct iovec pieces[2] = {{bytes, 2}, {bytes + 2, 2}};
    ok(preadv(one, pieces, 2, 1), "preadv");
    ok(pwritev(one, pieces, 2, 2), "pwritev");
    ok(pread(one, bytes, 3, 100), "pread");
    int two = ok(open("two", O_WRONLY | O_CREAT, 0600), "open");
    lseek(one, 0, SEEK_SET);
    ok(copy_file_range(one, NULL, two, NULL, 4, 0), "copy_file_range");
    ok(ftruncate(two, 3), "ftruncate");
    ok(truncate("one", 4), "truncate");
    ok(link("two", "three"), "link");
    ok(rename("one", "four"), "rename");
    int here = ok(open(".", O_RDONLY | O_DIRECTORY), "open");
    ok(renameat2(here, "two", here, "four", RENAME_EXCHANGE), "renameat2");
    ok(unlink("four"), "unlink");
    unlink("two");
    unlink("three");
    return rmdir(folder);
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    if (!strcmp(what, "texts")) return texts();
    if (!strcmp(what, "notices")) return notices();
    if (!strcmp(what, "waits")) return waits();
    if (!strcmp(what, "queue")) return queue();
    if (!strcmp(what, "files")) return files();
    return 2;
}
