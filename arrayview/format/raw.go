package format

// raw is the payload alone: little-endian elements.
type raw struct{}

// Ext returns "raw".
func (raw) Ext() string { return "raw" }

// Layout returns the elements in the order that the npy of the view has, or
// would have if it could hold the data type.
func (raw) Layout(v View) (Layout, error) {
	return newLayout("raw", v, nil, npyOrder(v))
}
