package controller

import (
	"fmt"
	"runtime"
)

// stackSize bounds what is logged of a panic.
const stackSize = 16 << 10

// panicError is a recovered panic.
type panicError struct {
	value any
	stack string
}

// Error says what the panic said and where it was.
func (e *panicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.value, e.stack) }

// Unwrap gives the cause when the panic carried an error.
func (e *panicError) Unwrap() error {
	err, _ := e.value.(error)
	return err
}

func stack() string {
	buf := make([]byte, stackSize)
	return string(buf[:runtime.Stack(buf, false)])
}
