// fork copies the table, not the pipe.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
  int fd[2], later[2], n;
  char buf[64];

  pipe(fd);            // 3 reads, 4 writes
  if (fork() == 0) {   // the child: 3, 4
    n = read(fd[0], buf, 4);
    dprintf(1, "child: %.*s\n", n, buf);
    close(fd[1]);
    _exit(0);
  }
  write(fd[1], "from parent", 11);
  wait(NULL);          // the child has read
  n = read(fd[0], buf, 64);
  dprintf(1, "parent:%.*s\n", n, buf);

  pipe(later);         // 5 reads, 6 writes
  if (fork() == 0)     // the second: 3 to 6
    _exit(0);
  wait(NULL);
}
