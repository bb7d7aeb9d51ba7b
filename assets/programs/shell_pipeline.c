// What a shell does: ls -d / /tmp | wc -l
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
  int fd[2];

  pipe(fd);             // 3 reads, 4 writes
  if (fork() == 0) {    // ls
    dup2(fd[1], 1);     // 1 is the pipe
    close(fd[0]);
    close(fd[1]);
    execlp("ls", "ls", "-d", "/", "/tmp",
           NULL);
    _exit(127);
  }
  if (fork() == 0) {    // wc
    dup2(fd[0], 0);     // 0 is the pipe
    close(fd[0]);
    close(fd[1]);
    execlp("wc", "wc", "-l", NULL);
    _exit(127);
  }
  close(fd[1]);         // or wc never ends
  close(fd[0]);
  wait(NULL);
  wait(NULL);
}
