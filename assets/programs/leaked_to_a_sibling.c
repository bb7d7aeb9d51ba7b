// A later child gets the write end, too.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
  int fd[2];
  char buf[64];

  pipe(fd);            // 3 reads, 4 writes
  if (fork() == 0) {   // the first child
    close(fd[1]);
    read(fd[0], buf, 64);        // "job"
    read(fd[0], buf, 64);        // blocks
    dprintf(1, "first: end of file\n");
    _exit(0);
  }
  close(fd[0]);        // the parent
  if (fork() == 0) {   // the second has 4
    sleep(1);          // works on
    dprintf(1, "second: close\n");
    close(fd[1]);      // too late
    _exit(0);
  }
  write(fd[1], "job", 3);
  close(fd[1]);        // not the last one
  wait(NULL); wait(NULL);
}
