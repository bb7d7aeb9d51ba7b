// A pipe takes 64 KiB: then write waits.
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
  int fd[2], n, all;
  static char x[65536];

  pipe(fd);            // 3 reads, 4 writes
  if (fork() == 0) {   // the child
    close(fd[1]);
    all = read(fd[0], x, 1);
    all += read(fd[0], x, 4095);
    while ((n = read(fd[0], x, 65536)) > 0)
      all += n;
    dprintf(1, "read %d bytes\n", all);
    _exit(0);
  }
  close(fd[0]);        // the parent
  n = fcntl(fd[1], F_GETPIPE_SZ);
  dprintf(1, "room for %d\n", n);
  write(fd[1], x, 65536);     // fills it
  write(fd[1], "y", 1);       // has to wait
  close(fd[1]);
  wait(NULL);
}
