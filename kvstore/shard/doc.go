// Package shard shows the chunks inside shard files as a store of their own: an
// adapter over a base store, whose keys name one chunk of one shard, "KEY#N" for
// entry N of the shard that the base has under KEY.
//
//	s := shard.New(base, memo, shard.Indexed{Entries: 64, Checksums: 1})
//	res, err := s.Read(ctx, "c/0/1#17", kvstore.ReadOptions{})
//
// Laws:
//
//  1. A chunk's generation is its shard's; that of a chunk that its shard does
//     not hold is kvstore.Absent. Any change of a shard is a change of all its
//     chunks.
//  2. A chunk is read with the generation of the index that located it. If the
//     shard has changed in between, the index is read anew.
//  3. Indexes are kept in the kvstore.Memo alone, under its rule of freshness.
//     What they cost is the index's bytes, also of a shard that is missing.
//  4. Shards are untrusted: an index that does not decode is codec.ErrCorrupt
//     for all chunks of the shard, an entry that does not lie inside the shard
//     for its chunk alone. Nothing is allocated by sizes that are only claimed.
//  5. A write reads the shard as a whole, changes it and stores it on condition
//     that nobody else has. Adapters nest: a shard may lie in a shard.
//  6. Chunks of one shard that are read at the same time and lie close to each
//     other are fetched in one request if the base is slow to answer: see
//     merger. A base that is not gets every read as it comes.
//
// Chunks cannot be listed. Format of the indexes: see Indexed.
package shard
