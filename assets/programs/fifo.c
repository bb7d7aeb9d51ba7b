// fifo &  then  fifo hi  and  fifo again
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
  char buf[64];
  int n;

  if (argc > 1) {              // a writer
    int w = open("talk", O_WRONLY);
    if (w == -1)
      return perror("open"), 1;
    write(w, argv[1], strlen(argv[1]));
    return close(w);
  }
  mkfifo("talk", 0600);        // the reader
  int r = open("talk", O_RDONLY); // blocks
  while ((n = read(r, buf, 64)) > 0)
    dprintf(1, "read %.*s\n", n, buf);
  dprintf(1, "read returned %d\n", n);
  close(open("talk", O_RDONLY));  // waits
  n = read(r, buf, 64);    // 3 works again
  dprintf(1, "read %.*s\n", n, buf);
  unlink("talk");
}
