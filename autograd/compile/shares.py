"""The threads of a program: their C, the statements that they share, and the points where they wait for each other.

Each sum has the same order for any number of threads, so results do not depend on it.
"""

from __future__ import annotations

from collections.abc import Set
from math import prod

from .loops import (
    Access,
    Convolution,
    Dims,
    Loop,
    Product,
    Repeat,
    Statement,
    changed,
    conflict,
    flat,
    overlap,
    summed_inside,
    touched,
)  # fmt: skip
from .step_list import Storage

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
    if isinstance(statement, Repeat):
        return statement.turns * sum(map(operations, statement.body))
    return 0


def worth_threads(statements: list[Statement]) -> bool:
    """Whether a piece is large enough for threads to help: statements that one thread runs do not count."""
    sizes = [(operations(s), times) for s, times in flat(statements)]
    return sum(size * times for size, times in sizes if size >= _LARGE) > _WORTH


def packs(statements: list[Statement]) -> dict[int, tuple[object, ...]]:
    """The products whose right operand is packed once for several of them, by id: which operand that is.

    These are products without a batch and with few rows, as in the time steps of a recurrence, where packing would take long beside
    the product. Nothing writes the operand from the first of them to the last.
    """
    found: dict[tuple[object, ...], list[int]] = {}
    products: dict[tuple[object, ...], list[Product]] = {}
    times: dict[tuple[object, ...], int] = {}
    for i, outer in enumerate(statements):
        for s, turns in flat([outer]):
            if not isinstance(s, Product) or s.batch or s.size[0] > _FEW_ROWS or operations(s) < _LARGE:
                continue
            if s.c.strides[-1] == 1 and not s.b.step:
                key = (s.b.storage.number, s.b.offset, s.b.strides, s.size)
                found.setdefault(key, []).append(i)
                products.setdefault(key, []).append(s)
                times[key] = times.get(key, 0) + turns

    def written(key: tuple[object, ...]) -> bool:
        uses = found[key]
        return any(
            overlap(access, dims, *_right(products[key][0]))
            for s in statements[uses[0] : uses[-1] + 1] for access, dims in s.writes()
        )  # fmt: skip

    return {id(p): key for key, those in products.items() if times[key] >= _OFTEN and not written(key) for p in those}


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

    Returns:
        The statements' ids. What is repeated has its own, and each statement in it, for all of its turns.
    """
    found: set[int] = set()
    since: list[tuple[Statement, _Room, Set[Storage]]] = []

    def follow(statement: Statement, known: int) -> None:
        room = _room(statement, offsets)
        mine = touched(statement)
        if known in found or any(
            _one_room(room, other_room) or (not mine.isdisjoint(theirs) and conflict(other, statement))
            for other, other_room, theirs in since
        ):
            found.add(known)
            since.clear()
        since.append((statement, room, mine))

    for statement in statements:
        if not isinstance(statement, Repeat):
            follow(statement, id(statement))
            continue
        follow(statement, id(statement))
        since.pop()
        # All turns wait at the same statements: where the second turn must wait for the first is known after the second.
        first = id(statement.body[0])
        before = list(since)
        while True:
            count = len(found)
            since[:] = before
            for s in statement.body:
                follow(s, id(s))
            for s in statement.body:
                follow(changed(s, Access.later), id(s))
            if not any(id(s) in found for s in statement.body):
                found.add(first)  # a turn may run far ahead of another thread's
            if len(found) == count:
                break
        if first in found:
            found.discard(id(statement))
        since.append((statement, _room(statement, offsets), touched(statement)))
    return found


_Room = list[tuple[int, int, int, bool]]


def _room(statement: Statement, offsets: dict[int, int]) -> _Room:
    """The parts of the workspace that a statement uses: begin, end, the memory's number, whether it writes."""
    found = {}
    for accesses, writes in ((statement.reads(), False), (statement.writes(), True)):
        for access, _ in accesses:
            storage = access.storage
            if storage.number in offsets:
                begin = offsets[storage.number]
                found[storage.number, writes] = (begin, begin + storage.size, storage.number, writes)
    return list(found.values())


def _one_room(first: _Room, second: _Room) -> bool:
    """Whether two statements use the same part of the workspace for different memories, and one of them writes."""
    return any(m != n and (x or y) and low < last and begin < high for low, high, m, x in first for begin, last, n, y in second)
