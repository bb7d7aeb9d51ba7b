// O_NONBLOCK is on what both of them share.
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int fd[2], r;
    char buf[64];

    pipe(fd);            // 3 reads, 4 writes
    r = fd[0];
    if (fork() == 0) {   // the child sets it
        fcntl(r, F_SETFL, O_NONBLOCK);
        write(fd[1], "hi", 2);
        close(fd[1]);
        _exit(0);
    }
    wait(NULL);          // the parent too
    dprintf(1, "flags %d\n", fcntl(r, F_GETFL));
    dprintf(1, "read %zd\n", read(r, buf, 64));
    if (read(r, buf, 64) == -1)
        perror("read");
    close(fd[1]);
    dprintf(1, "read %zd\n", read(r, buf, 64));
    fcntl(r, F_SETFL, 0);
    dprintf(1, "flags %d\n", fcntl(r, F_GETFL));
}
