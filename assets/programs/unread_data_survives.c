// The writer is dead; its bytes are not.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
  int fd[2], n, st;
  char buf[64];

  pipe(fd);            // 3 reads, 4 writes
  if (fork() == 0) {   // the child
    close(fd[0]);
    write(fd[1], "bye", 3);
    _exit(7);
  }
  close(fd[1]);        // the parent
  n = read(fd[0], buf, 64);
  dprintf(1, "read %.*s\n", n, buf);
  n = read(fd[0], buf, 64);
  dprintf(1, "read returned %d\n", n);
  wait(&st);
  dprintf(1, "exit %d\n", WEXITSTATUS(st));
  if (wait(NULL) == -1)
    perror("wait");
}
