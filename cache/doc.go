// Package cache is the array engine: it opens arrays, reads and revalidates
// their documents and chunks, keeps decoded chunks within the limits of a
// cache_pool, and copies elements out of them. It knows nothing of files.
//
// An entry is one cached item: a chunk, a parsed shard index, or the documents
// of an array. Its states:
//
//	empty     nothing known (a flight may be under way)
//	known     a value with a stamp; for a chunk the value may be "missing"
//
// An entry is usable for a bound iff it is known and stamp.Time >= bound. Else
// the reader joins the flight of the entry if that began at or after the bound,
// or waits for the one under way to end and then begins another: at most one
// flight per entry. A flight runs on its own goroutine under the engine's
// context; whoever waits may leave, and the last one to leave ends it. Its
// result is stored only while it is still the entry's flight. Errors are never
// stored.
//
// Memory:
//
//   - An entry is pinned while somebody uses it. Known, unpinned entries of a
//     pool sit in its LRU list; pinned ones are counted and never evicted.
//     Missing chunks weigh nothing; their number is bounded.
//   - A chunk's bytes live in a buffer with a count of references, so that a
//     reader may go on copying from a buffer that the entry has replaced.
//     Buffers are recycled: touching new pages costs more than decoding.
//   - Before a chunk is loaded, its encoded and decoded bytes are reserved from
//     the engine's transient budget, first come first served.
//   - What open files keep in use (Window) is reserved from the engine's in-use
//     budget and never waits: what does not fit is used unpinned.
//
// Lock order: Engine.mu, shared.mu, Array.mu, Window.mu, Pool.mu, budget.mu,
// buffers.mu. Pool.mu and what follows it guard a few words each and are never
// held across I/O, decoding or a call out of the package. A data-copy token is
// held around CPU work only, never while waiting for anything.
package cache
