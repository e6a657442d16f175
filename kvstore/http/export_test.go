package http

// CloseIdleConnections closes the connections that wait for the next request.
func CloseIdleConnections() { client().CloseIdleConnections() }
