package kvstore

import (
	"context"
	"iter"
	"strings"
)

// Prefixed returns the part of store whose keys begin with prefix, under keys
// without it. The prefix is a string like any other: it need not end at a "/".
func Prefixed(store Store, prefix string) Store {
	if prefix == "" {
		return store
	}
	if p, ok := store.(*prefixed); ok {
		return &prefixed{base: p.base, prefix: p.prefix + prefix}
	}
	return &prefixed{base: store, prefix: prefix}
}

type prefixed struct {
	base   Store
	prefix string
}

var (
	_ Store       = (*prefixed)(nil)
	_ BatchWriter = (*prefixed)(nil)
	_ Writability = (*prefixed)(nil)
	_ Glancer     = (*prefixed)(nil)
)

// full returns the key of the base. The empty key stays an error: with the
// prefix it would name another key than the caller means.
func (p *prefixed) full(key string) (string, error) {
	if key == "" {
		return "", BadKey(key, "a key is not empty")
	}
	return p.prefix + key, nil
}

func (p *prefixed) Read(ctx context.Context, key string, opt ReadOptions) (ReadResult, error) {
	key, err := p.full(key)
	if err != nil {
		return ReadResult{}, err
	}
	return p.base.Read(ctx, key, opt)
}

func (p *prefixed) Write(ctx context.Context, key string, value []byte, opt WriteOptions) (Stamp, error) {
	key, err := p.full(key)
	if err != nil {
		return Stamp{}, err
	}
	return p.base.Write(ctx, key, value, opt)
}

func (p *prefixed) Delete(ctx context.Context, key string, opt WriteOptions) (Stamp, error) {
	key, err := p.full(key)
	if err != nil {
		return Stamp{}, err
	}
	return p.base.Delete(ctx, key, opt)
}

func (p *prefixed) List(ctx context.Context, opt ListOptions) iter.Seq2[Entry, error] {
	opt.Prefix = p.prefix + opt.Prefix
	if opt.After != "" {
		opt.After = p.prefix + opt.After
	}
	return func(yield func(Entry, error) bool) {
		for e, err := range p.base.List(ctx, opt) {
			e.Key = strings.TrimPrefix(e.Key, p.prefix)
			if err == nil && e.Key == "" && !e.Dir {
				continue // the key that equals the prefix has no name here
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

func (p *prefixed) WriteBatch(ctx context.Context, puts []Put) ([]PutResult, error) {
	full := make([]Put, len(puts))
	for i, put := range puts {
		key, err := p.full(put.Key)
		if err != nil {
			return nil, err
		}
		put.Key = key
		full[i] = put
	}
	return WriteBatch(ctx, p.base, full)
}

func (p *prefixed) Glance(key string, gen Generation) bool {
	key, err := p.full(key)
	return err == nil && Glance(p.base, key, gen)
}

func (p *prefixed) Writable() error { return Writable(p.base) }

func (p *prefixed) Identity() string {
	return p.base.Identity() + p.prefix
}

func (p *prefixed) Location(key string) string { return p.base.Location(p.prefix + key) }
