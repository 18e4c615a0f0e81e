package apiserver

import (
	"errors"
	"net"
	"testing"
)

func TestJoinedListenersAcceptFromAll(t *testing.T) {
	var all []net.Listener
	for range 2 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	joined := joinListeners(all)
	for _, l := range all {
		out, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		in, err := joined.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if in.LocalAddr().String() != l.Addr().String() {
			t.Errorf("accepted on %s", in.LocalAddr())
		}
		in.Close()
		out.Close()
	}
	if err := joined.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := joined.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after close: %v", err)
	}
	if _, err := net.Dial("tcp", all[1].Addr().String()); err == nil {
		t.Error("a listener is still open")
	}
}

func TestNoListenersAcceptNothing(t *testing.T) {
	l := joinListeners(nil)
	go l.Close()
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}
