// Package lint keeps the rules of the house that a compiler does not: which
// package may import which, who may name an errno or an HTTP status, that every
// package says what it is, and that files and functions stay small.
//
// The rules are tests. The policy they enforce is data, in policy_test.go, each
// line with its reason: a change there is a decision about the architecture and
// never a way to make a build pass.
package lint
