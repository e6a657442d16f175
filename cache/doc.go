// Package cache is the array engine: it opens arrays, reads and revalidates
// their documents and chunks, keeps decoded chunks within the limits of a
// cache_pool, copies elements out of them, and stores what is written to them.
// It knows nothing of files.
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
// stored. Where a glance at the store (kvstore.Glancer) tells that nothing has
// changed, the flight ends before it has begun, without a goroutine.
//
// Writing:
//
//   - What is written goes into the dirty chunk of an entry (dirty.go), with a mask
//     of its bytes (mask.go). Readers see it at once, over what is stored.
//   - Chunks that are stored under one key are one writeGroup: at most one run
//     stores it at a time (writegroup.go, writeback.go, stage.go). A chunk written as a whole
//     is stored without a look at the old one; otherwise it is merged with what is
//     stored and stored on condition that this has not changed, again and again.
//   - A run begins when a group seems complete and nobody uses it, when too much is
//     queued (Pool.admit, where writers wait), at a flush, and again some time
//     after it failed. What could not be stored stays dirty.
//   - A run that nobody waits for takes a turn (aside.go), of which there is one
//     less than there are processors, while it encodes, and while it stores where
//     that takes a processor as well: the writer needs one. Where too much waits to
//     be stored, nobody takes turns. Who holds one waits for a data-copy token and,
//     not for long, for the store, but never for another turn: a store that hangs
//     must not keep others from theirs.
//   - When a run has stored a chunk, its entry holds it (Pool.replace): entry.stores
//     counts these moments, so that a reader can tell that what it took before is
//     older than what it must show.
//   - A view that is erased is one record (erase.go), applied to a chunk when that
//     becomes dirty, and to all others by the next flush.
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
// Lock order: Window.mu, dirty.mu, Engine.mu, Array.mu, shared.mu, Pool.mu,
// budget.mu, buffers.mu; layout.erasing and erasure.mu behind dirty.mu, with
// nothing in them. dirty.mu is held while elements are copied, but like all the
// others never across I/O or a wait. Pool.mu and what follows it guard a few words each and are never
// held across I/O, decoding or a call out of the package. A data-copy token is
// held around CPU work only, never while waiting for anything.
package cache
