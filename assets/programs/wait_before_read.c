// Each waits for the other, for ever.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
  int fd[2], n;
  static char buf[70000];

  pipe(fd);            // 3 reads, 4 writes
  if (fork() == 0) {   // the child
    close(fd[0]);
    write(fd[1], buf, 70000);      // blocks
    _exit(0);
  }
  close(fd[1]);        // the parent
  wait(NULL);                      // blocks
  while ((n = read(fd[0], buf, 65536)) > 0)
    dprintf(1, "read %d bytes\n", n);
}
