/* C11 threads on top of POSIX threads. Debian's librdkafka locks with mtx_* and cnd_*, which ThreadSanitizer of g++ 12
 * does not know: it then sees races that are none and crashes in new threads. Linked into the test programs when they
 * are built with -fsanitize=thread, these definitions come before the ones of the C library, and TSan sees the POSIX
 * calls. The types are opaque and large enough: glibc's own implementation puts POSIX objects into them, too. */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>
#include <time.h>

/* What librdkafka orders with atomics of its own stays invisible: its code is not instrumented. */
const char* __tsan_default_suppressions(void);
const char* __tsan_default_suppressions(void) { return "race:librdkafka.so\n"; }

_Static_assert(sizeof(mtx_t) >= sizeof(pthread_mutex_t), "mtx_t holds a pthread_mutex_t");
_Static_assert(sizeof(cnd_t) >= sizeof(pthread_cond_t), "cnd_t holds a pthread_cond_t");

static int result_of(int error) {
    switch (error) {
        case 0: return thrd_success;
        case ENOMEM: return thrd_nomem;
        case ETIMEDOUT: return thrd_timedout;
        case EBUSY: return thrd_busy;
        default: return thrd_error;
    }
}

static pthread_mutex_t* mutex_of(mtx_t* mutex) { return (pthread_mutex_t*)(void*)mutex; }
static pthread_cond_t* condition_of(cnd_t* condition) { return (pthread_cond_t*)(void*)condition; }

int mtx_init(mtx_t* mutex, int type) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, (type & mtx_recursive) != 0 ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL);
    const int error = pthread_mutex_init(mutex_of(mutex), &attributes);
    pthread_mutexattr_destroy(&attributes);
    return result_of(error);
}
int mtx_lock(mtx_t* mutex) { return result_of(pthread_mutex_lock(mutex_of(mutex))); }
int mtx_trylock(mtx_t* mutex) { return result_of(pthread_mutex_trylock(mutex_of(mutex))); }
int mtx_timedlock(mtx_t* restrict mutex, const struct timespec* restrict deadline) {
    return result_of(pthread_mutex_timedlock(mutex_of(mutex), deadline));
}
int mtx_unlock(mtx_t* mutex) { return result_of(pthread_mutex_unlock(mutex_of(mutex))); }
void mtx_destroy(mtx_t* mutex) { pthread_mutex_destroy(mutex_of(mutex)); }

int cnd_init(cnd_t* condition) { return result_of(pthread_cond_init(condition_of(condition), NULL)); }
int cnd_signal(cnd_t* condition) { return result_of(pthread_cond_signal(condition_of(condition))); }
int cnd_broadcast(cnd_t* condition) { return result_of(pthread_cond_broadcast(condition_of(condition))); }
int cnd_wait(cnd_t* condition, mtx_t* mutex) { return result_of(pthread_cond_wait(condition_of(condition), mutex_of(mutex))); }
int cnd_timedwait(cnd_t* restrict condition, mtx_t* restrict mutex, const struct timespec* restrict deadline) {
    return result_of(pthread_cond_timedwait(condition_of(condition), mutex_of(mutex), deadline));
}
void cnd_destroy(cnd_t* condition) { pthread_cond_destroy(condition_of(condition)); }

struct start {
    thrd_start_t function;
    void* argument;
};

static void* run(void* argument) {
    const struct start start = *(struct start*)argument;
    free(argument);
    return (void*)(intptr_t)start.function(start.argument);
}

int thrd_create(thrd_t* thread, thrd_start_t function, void* argument) {
    struct start* const start = malloc(sizeof *start);
    if (start == NULL) {
        return thrd_nomem;
    }
    start->function = function;
    start->argument = argument;
    const int error = pthread_create(thread, NULL, run, start);
    if (error != 0) {
        free(start);
    }
    return result_of(error);
}
int thrd_join(thrd_t thread, int* result) {
    void* value = NULL;
    const int error = pthread_join(thread, &value);
    if (result != NULL) {
        *result = (int)(intptr_t)value;
    }
    return result_of(error);
}
int thrd_detach(thrd_t thread) { return result_of(pthread_detach(thread)); }
thrd_t thrd_current(void) { return pthread_self(); }
int thrd_equal(thrd_t left, thrd_t right) { return pthread_equal(left, right); }
void thrd_yield(void) { sched_yield(); }
void thrd_exit(int result) { pthread_exit((void*)(intptr_t)result); }

int tss_create(tss_t* key, tss_dtor_t destructor) { return result_of(pthread_key_create(key, destructor)); }
void* tss_get(tss_t key) { return pthread_getspecific(key); }
int tss_set(tss_t key, void* value) { return result_of(pthread_setspecific(key, value)); }
void tss_delete(tss_t key) { pthread_key_delete(key); }

void call_once(once_flag* flag, void (*function)(void)) { pthread_once((pthread_once_t*)(void*)flag, function); }
