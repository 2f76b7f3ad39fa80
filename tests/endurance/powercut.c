/* What a power cut would leave of a directory.
 *
 * Preloaded into a process, this copies each file below POWERCUT_OF to the same place below POWERCUT_KEPT at
 * every fsync or fdatasync of it that succeeds, before the caller learns of the success. Renames and removals are
 * taken over as they happen. So POWERCUT_KEPT always holds what the disk has promised to hold, and nothing else.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;

static void *next(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL)
        abort();
    return found;
}

/* The place below POWERCUT_KEPT for a path below POWERCUT_OF; 0 when the path is none of ours. */
static int kept(const char *path, char *out, size_t room)
{
    const char *of = getenv("POWERCUT_OF"), *keep = getenv("POWERCUT_KEPT");
    size_t length;
    if (of == NULL || keep == NULL)
        return 0;
    length = strlen(of);
    if (strncmp(path, of, length) != 0 || path[length] != '/')
        return 0;
    return snprintf(out, room, "%s%s", keep, path + length) < (int)room;
}

/* Copying must not fail unseen: a test that believes in a copy that is not there proves nothing. */
static void must(int good, const char *what)
{
    if (!good) {
        perror(what);
        abort();
    }
}

static void copy(const char *from, const char *to)
{
    static char block[1 << 16];
    char part[PATH_MAX + 8];
    ssize_t got;
    int in = open(from, O_RDONLY | O_CLOEXEC), out;
    if (in < 0)
        return; /* removed meanwhile */
    snprintf(part, sizeof part, "%s.part", to);
    out = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    must(out >= 0, part);
    while ((got = read(in, block, sizeof block)) > 0)
        must(write(out, block, (size_t)got) == got, part);
    must(got == 0, from);
    close(in);
    close(out);
    must(rename(part, to) == 0, to); /* a kill in the middle leaves the copy before this one */
}

static void synced(int fd)
{
    char link[64], path[PATH_MAX], to[PATH_MAX];
    struct stat about;
    ssize_t length;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
        return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return;
    path[length] = '\0';
    if (!kept(path, to, sizeof to))
        return;
    pthread_mutex_lock(&one);
    copy(path, to);
    pthread_mutex_unlock(&one);
}

int fsync(int fd)
{
    int result = ((int (*)(int))next("fsync"))(fd);
    if (result == 0)
        synced(fd);
    return result;
}

int fdatasync(int fd)
{
    int result = ((int (*)(int))next("fdatasync"))(fd);
    if (result == 0)
        synced(fd);
    return result;
}

int rename(const char *from, const char *to)
{
    char kept_from[PATH_MAX], kept_to[PATH_MAX];
    int (*real)(const char *, const char *) = (int (*)(const char *, const char *))next("rename");
    int result = real(from, to);
    if (result == 0 && kept(from, kept_from, sizeof kept_from) && kept(to, kept_to, sizeof kept_to))
        real(kept_from, kept_to);
    return result;
}

int unlink(const char *path)
{
    char to[PATH_MAX];
    int (*real)(const char *) = (int (*)(const char *))next("unlink");
    int result = real(path);
    if (result == 0 && kept(path, to, sizeof to)) {
        real(to);
        errno = 0;
    }
    return result;
}
