/* Each call says on its own line which it is. */
#include <unistd.h>

static void say(int fd) {
    if (write(fd, "x", 1) != 1) /* here: write */
        _exit(1);
}

int main(void) {
    int ends[2];
    if (pipe(ends) != 0) /* here: pipe */
        return 1;
    say(ends[1]);
    close(ends[1]); /* here: close */
    return 0;
}
