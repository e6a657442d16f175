package faulty

import (
	"context"

	"tsmount/kvstore"
)

var _ kvstore.BatchWriter = (*Store)(nil)

// WriteBatch implements kvstore.BatchWriter. A rule hits the puts of a batch one
// by one, as if they were writes and deletes; those that it lets pass go to the
// base in one batch.
func (s *Store) WriteBatch(ctx context.Context, puts []kvstore.Put) ([]kvstore.PutResult, error) {
	results := make([]kvstore.PutResult, len(puts))
	rules := make([]Rule, len(puts))
	var pass []kvstore.Put
	var at []int
	for i, p := range puts {
		m := Write
		if p.Value == nil {
			m = Delete
		}
		rules[i] = s.hit(m, p.Key)
		if err := s.before(ctx, rules[i], m, p.Key); err != nil {
			results[i].Err = err
			continue
		}
		pass, at = append(pass, p), append(at, i)
	}
	done, err := kvstore.WriteBatch(ctx, s.base, pass)
	if err != nil {
		return nil, err
	}
	for j, i := range at {
		if results[i] = done[j]; done[j].Err != nil {
			continue
		}
		if err := s.after(rules[i], puts[i].Key); err != nil {
			results[i] = kvstore.PutResult{Err: err}
		}
	}
	return results, nil
}
