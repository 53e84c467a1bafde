"""The threads of a program: their C, the statements that they share, and the points where they wait for each other.

Each sum has the same order for any number of threads, so results do not depend on it.
"""

from __future__ import annotations

from math import prod

from .loops import Access, Convolution, Dims, Loop, Product, Statement, conflict, overlap, summed_inside

# The share of thread ``me`` of ``all``: from FROM(n) to TO(n), in whole groups of g.
SHARES = """\
#define FROM(n, g) ((int)(((int64_t)(((n) + (g) - 1) / (g)) * me / all) * (g)))
#define TO(n, g) (me + 1 == all ? (n) : (int)(((int64_t)(((n) + (g) - 1) / (g)) * (me + 1) / all) * (g)))
"""

POOL = """\
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

typedef int part_of_step(char *const *memory, char *work, const double *numbers, int me, int all);

/* The threads: who waits for work looks for it for a while, and then sleeps. They are made anew in a process that was forked. */
static struct {
    pthread_mutex_t one_at_a_time, asleep;
    pthread_cond_t wake;
    part_of_step *part;
    char *const *memory;
    char *work;
    const double *numbers;
    int threads, all, arrived;
    unsigned turn, met;
    int working;
    pid_t process;
} pool = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

static inline void breathe(int count)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
    if (count > 2000)
        sched_yield();
}

/* Wait until all threads are here. */
static void meet(int all)
{
    const unsigned before = __atomic_load_n(&pool.met, __ATOMIC_ACQUIRE);
    if (__atomic_add_fetch(&pool.arrived, 1, __ATOMIC_ACQ_REL) == all) {
        pool.arrived = 0;
        __atomic_store_n(&pool.met, before + 1, __ATOMIC_RELEASE);
        return;
    }
    for (int i = 0; __atomic_load_n(&pool.met, __ATOMIC_ACQUIRE) == before; i++)
        breathe(i);
}
#define MEET meet(all);

static void *of_thread(void *number)
{
    const int me = (int)(intptr_t)number;
    unsigned seen = 0;
    for (;;) {
        int i = 0;
        while (__atomic_load_n(&pool.turn, __ATOMIC_ACQUIRE) == seen && i++ < 4000)
            breathe(0);
        if (__atomic_load_n(&pool.turn, __ATOMIC_ACQUIRE) == seen) {
            pthread_mutex_lock(&pool.asleep);
            while (__atomic_load_n(&pool.turn, __ATOMIC_ACQUIRE) == seen)
                pthread_cond_wait(&pool.wake, &pool.asleep);
            pthread_mutex_unlock(&pool.asleep);
        }
        seen++;
        if (me < pool.all)
            pool.part(pool.memory, pool.work, pool.numbers, me, pool.all);
        __atomic_sub_fetch(&pool.working, 1, __ATOMIC_ACQ_REL);
    }
    return 0;
}

/* Run a part on all threads, the calling one among them. */
static int together(part_of_step *part, char *const *memory, char *work, const double *numbers, int threads)
{
    if (pool.process != getpid()) { /* the first call, or a forked process, which has none of the threads */
        pthread_mutex_t free_one = PTHREAD_MUTEX_INITIALIZER;
        pool.one_at_a_time = pool.asleep = free_one;
        pthread_cond_t nobody = PTHREAD_COND_INITIALIZER;
        pool.wake = nobody;
        pool.threads = 1;
        pool.arrived = pool.working = 0;
        pool.turn = 0;
        pool.process = getpid();
    }
    pthread_mutex_lock(&pool.one_at_a_time);
    while (pool.turn == 0 && pool.threads < threads) {
        pthread_t made;
        if (pthread_create(&made, 0, of_thread, (void *)(intptr_t)pool.threads))
            break;
        pthread_detach(made);
        pool.threads++;
    }
    const int all = threads < pool.threads ? threads : pool.threads;
    pool.part = part, pool.memory = memory, pool.work = work, pool.numbers = numbers, pool.all = all;
    pool.working = pool.threads - 1;
    if (pool.threads > 1) {
        pthread_mutex_lock(&pool.asleep);
        __atomic_add_fetch(&pool.turn, 1, __ATOMIC_ACQ_REL);
        pthread_cond_broadcast(&pool.wake);
        pthread_mutex_unlock(&pool.asleep);
    }
    const int answer = part(memory, work, numbers, 0, all);
    for (int i = 0; __atomic_load_n(&pool.working, __ATOMIC_ACQUIRE); i++)
        breathe(i);
    pthread_mutex_unlock(&pool.one_at_a_time);
    return answer;
}
"""

_WORTH = 400_000  # a piece with fewer operations runs in one thread
_LARGE = 8_000  # a statement with fewer operations is not shared
_FEW_ROWS = 128  # with more rows packing costs little beside the product
_OFTEN = 4  # an operand of so many products is packed for all of them
BLOCK = 2048  # numbers in a block of a long sum


def operations(statement: Statement) -> int:
    """About how many operations a statement takes."""
    if isinstance(statement, Loop):
        return prod(statement.dims) * sum(1 + sum(1 for _ in s.value.walk()) // 2 for s in statement.stores)
    if isinstance(statement, Product):
        return prod(statement.batch) * prod(statement.size) // 4
    if isinstance(statement, Convolution):
        _, inner, _, taps = statement.sizes()
        return inner * taps * statement.batch * statement.geometry[1] * prod(statement.geometry[7:9]) // 4
    return 0


def worth_threads(statements: list[Statement]) -> bool:
    """Whether a piece is large enough for threads to help."""
    return sum(map(operations, statements)) > _WORTH


def packs(statements: list[Statement]) -> dict[int, tuple[object, ...]]:
    """The products whose right operand is packed once for several of them, by id: which operand that is.

    These are products without a batch and with few rows, as in the time steps of a recurrence, where packing would take long beside
    the product. Nothing writes the operand from the first of them to the last.
    """
    found: dict[tuple[object, ...], list[int]] = {}
    for i, s in enumerate(statements):
        if isinstance(s, Product) and not s.batch and s.size[0] <= _FEW_ROWS and s.c.strides[-1] == 1 and operations(s) >= _LARGE:
            found.setdefault((s.b.storage.number, s.b.offset, s.b.strides, s.size), []).append(i)

    def written(uses: list[int]) -> bool:
        between = statements[uses[0] : uses[-1]]
        return any(overlap(access, dims, *_right(statements[uses[0]])) for s in between for access, dims in s.writes())

    return {id(statements[i]): key for key, uses in found.items() if len(uses) >= _OFTEN and not written(uses) for i in uses}


def _right(product: Statement) -> tuple[Access, Dims]:
    """A product's right operand."""
    assert isinstance(product, Product)
    return product.b, product.size[:0:-1]


def in_blocks(loop: Loop) -> bool:
    """Whether a loop adds up one long row. Threads share its blocks, and one thread adds the blocks' sums in order."""
    reduces = [s for s in loop.stores if s.reduce]
    return len(loop.dims) == 1 and loop.dims[0] > 2 * BLOCK and bool(reduces) and all(
        s.reduce == "add" and s.target.dtype.kind == "f" and s.target.strides[0] == 0 and not s.target.via for s in reduces
    )  # fmt: skip


def shared_dimension(loop: Loop) -> int | None:
    """The dimension of an ordered loop that threads can share, because no store sums over it. None: one thread runs the loop."""
    if loop.ordered or operations(loop) < _LARGE:
        return None
    suffix = summed_inside(loop)
    free = [
        d for d in range(suffix if suffix < len(loop.dims) else len(loop.dims))
        if not any(s.reduce and s.target.strides[d] == 0 for s in loop.stores)
        and all(s.target.strides[d] for s in loop.stores)
    ]  # fmt: skip
    return next((d for d in free if loop.dims[d] >= 8), max(free, key=lambda d: loop.dims[d], default=None))


def meetings(statements: list[Statement], offsets: dict[int, int]) -> set[int]:
    """The statements before which threads must wait for each other: another thread may have written, or still use, their memory.

    Args:
        statements: of a piece, in order. offsets: where memories lie in the workspace, where one memory may follow another.
    """
    found: set[int] = set()
    since: list[tuple[Statement, list[tuple[int, int, int, bool]]]] = []
    for i, statement in enumerate(statements):
        room = _room(statement, offsets)
        if any(_one_room(room, other_room) or conflict(other, statement) for other, other_room in since):
            found.add(i)
            since = []
        since.append((statement, room))
    return found


def _room(statement: Statement, offsets: dict[int, int]) -> list[tuple[int, int, int, bool]]:
    """The parts of the workspace that a statement uses: begin, end, the memory's number, whether it writes."""
    found = {}
    for accesses, writes in ((statement.reads(), False), (statement.writes(), True)):
        for access, _ in accesses:
            storage = access.storage
            if storage.number in offsets:
                begin = offsets[storage.number]
                found[storage.number, writes] = (begin, begin + storage.size, storage.number, writes)
    return list(found.values())


def _one_room(first: list[tuple[int, int, int, bool]], second: list[tuple[int, int, int, bool]]) -> bool:
    """Whether two statements use the same part of the workspace for different memories, and one of them writes."""
    return any(m != n and (x or y) and low < last and begin < high for low, high, m, x in first for begin, last, n, y in second)
