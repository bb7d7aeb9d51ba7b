/* Calls whose words are held against those of strace. Each of these programs makes a few, always the same. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/un.h>
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

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    if (!strcmp(what, "texts")) return texts();
    return 2;
}
