package file

// WithoutOpenat2 makes s open files as on kernels that lack openat2.
func (s *Store) WithoutOpenat2() *Store {
	s.oneStep = false
	return s
}
