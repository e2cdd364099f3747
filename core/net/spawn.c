/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts a program. Not uv_spawn(): that one copies this process's page tables by fork(), which holds up the loop, and
 * so prices, the longer the larger this process is (50 ms at 800 MiB, against 0.2 to 1 ms here), and it cannot ask the
 * kernel for PR_SET_PDEATHSIG. Here as in posix_spawn(): the child borrows our memory on a stack of its own, and we
 * sleep until it has become the program.
 *
 *     eb_spawn --> clone(CLONE_VM | CLONE_VFORK) --> become(): signals, death signal, descriptors --> execvp
 *
 * PR_SET_PDEATHSIG works for any program, ours or not: it is set before the exec and survives it (a set-user-id
 * program excepted). "Parent" is the thread that called clone(), so a loop lives in a thread that stays: the main one.
 */
#define _GNU_SOURCE

#include "net/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_SIZE ((size_t)256 * 1024) /* execvp builds paths on it */

struct launch {
    const struct eb_spawn *spawn;
    pid_t parent;
    int failure; /* errno of what did not work, written by the child into our memory */
};

/* A handler of ours must not run in the child: it would act on our memory. Ignored stays ignored, as is usual, but for
 * SIGPIPE, which the loop ignores for itself only. */
static void reset_signals(void)
{
    for (int number = 1; number < NSIG; number++) {
        struct sigaction now;
        if (sigaction(number, NULL, &now) != 0 || now.sa_handler == SIG_DFL ||
            (now.sa_handler == SIG_IGN && number != SIGPIPE)) {
            continue;
        }
        memset(&now, 0, sizeof(now));
        now.sa_handler = SIG_DFL;
        (void)sigaction(number, &now, NULL);
    }
}

/* Only calls that are safe between vfork and exec. The address sanitizer does not know this stack. */
static int become(void *arg) __attribute__((no_sanitize("address")));

static int become(void *arg)
{
    struct launch *l = arg;
    const struct eb_spawn *s = l->spawn;
    reset_signals();
    if (s->own_group) {
        (void)setpgid(0, 0);
    }
    if (s->dies_with_us) {
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != l->parent) { /* it died before the kernel was asked: nobody will tell us */
            _exit(128 + SIGTERM);
        }
    }
    bool moved = dup2(s->in, 0) >= 0 && (s->out < 0 || dup2(s->out, 1) >= 0) && (s->err < 0 || dup2(s->err, 2) >= 0);
    if (moved) {
        (void)close_range(3, ~0U, 0); /* whatever anybody in this process forgot to mark close-on-exec */
        sigset_t none;
        (void)sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
        (void)execvp(s->argv[0], (char *const *)(uintptr_t)s->argv); /* cast: exec does not change them */
    }
    l->failure = errno;
    _exit(127);
}

int eb_spawn(const struct eb_spawn *s, pid_t *pid)
{
    EB_ASSERT(s->in > 2 && (s->out < 0 || s->out > 2) &&
              (s->err < 0 || s->err > 2)); /* or dup2 would lose one to the other */
    char *stack = malloc(STACK_SIZE);
    if (stack == NULL) {
        return ENOMEM;
    }
    struct launch l = {.spawn = s, .parent = getpid(), .failure = 0};
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    char *top = stack + STACK_SIZE;
    top -= (uintptr_t)top % 16;
    pid_t child = clone(become, top, CLONE_VM | CLONE_VFORK | SIGCHLD, &l);
    int failure = child < 0 ? errno : l.failure;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    free(stack);
    if (child >= 0 && failure != 0) {
        (void)waitpid(child, NULL, 0);
    }
    *pid = child;
    return failure;
}
