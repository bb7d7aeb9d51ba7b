// Writing where nobody can read: SIGPIPE.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
  int fd[2], st;
  char buf[64];

  pipe(fd);            // 3 reads, 4 writes
  if (fork() == 0) {   // the child
    close(fd[0]);
    write(fd[1], "one", 3);
    for (;;)         // until it is killed
      write(fd[1], "two", 3);
  }
  close(fd[1]);        // the parent
  read(fd[0], buf, 3);
  close(fd[0]);        // the last read end
  wait(&st);
  if (WIFSIGNALED(st))
    dprintf(1, "signal %d\n", WTERMSIG(st));
}
