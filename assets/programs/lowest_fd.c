// A new descriptor takes the lowest slot.
#include <stdio.h>
#include <unistd.h>

int main(void)
{
  int a[2], b[2];

  pipe(a);
  dprintf(1, "pipe: %d %d\n", a[0], a[1]);
  close(a[0]);             // 3 is free
  pipe(b);
  dprintf(1, "pipe: %d %d\n", b[0], b[1]);
  close(a[1]);             // 4 is free
  dprintf(1, "dup: %d\n", dup(b[1]));
  close(0);                // 0 is free
  dprintf(1, "dup: %d\n", dup(b[0]));
  if (close(42) == -1)
    dprintf(1, "42 is not open\n");
  dprintf(1, "dup2: %d\n", dup2(b[0], 9));
}
