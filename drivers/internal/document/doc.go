// Package document is what array formats have in common about the JSON documents
// that describe arrays: reading what other programs write beside the standard,
// writing as TensorStore does, and comparing with what a spec demands.
package document
