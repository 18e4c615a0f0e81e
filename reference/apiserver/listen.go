package apiserver

import (
	"net"
	"sync"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
)

// secureServing serves all listeners as one. Without listeners it still exists,
// since the library waits for its end, and accepts nothing.
func secureServing(o *Options) (*genericapiserver.SecureServingInfo, error) {
	all := joinListeners(o.Listeners)
	if len(o.Listeners) == 0 {
		return &genericapiserver.SecureServingInfo{Listener: all}, nil
	}
	cert, err := dynamiccertificates.NewStaticCertKeyContent("serving", o.ServingCert, o.ServingKey)
	if err != nil {
		return nil, err
	}
	info, err := o.Settings.SecureServing(all, cert)
	if err != nil {
		return nil, err
	}
	// Whose certificate means what is for package auth to say.
	info.ClientCA = o.trust.asked()
	return info, nil
}

// joined is a listener that accepts from several others.
type joined struct {
	listeners []net.Listener
	accepted  chan accepted
	closed    chan struct{}
	start     sync.Once
	stop      sync.Once
}

type accepted struct {
	conn net.Conn
	err  error
}

func joinListeners(listeners []net.Listener) net.Listener {
	if len(listeners) == 1 {
		return listeners[0]
	}
	return &joined{listeners: listeners, accepted: make(chan accepted), closed: make(chan struct{})}
}

func (j *joined) Accept() (net.Conn, error) {
	j.start.Do(func() {
		for _, l := range j.listeners {
			go j.acceptFrom(l)
		}
	})
	select {
	case a := <-j.accepted:
		return a.conn, a.err
	case <-j.closed:
		return nil, net.ErrClosed
	}
}

func (j *joined) acceptFrom(l net.Listener) {
	for {
		conn, err := l.Accept()
		select {
		case j.accepted <- accepted{conn, err}:
		case <-j.closed:
			if conn != nil {
				_ = conn.Close()
			}
			return
		}
		if err != nil {
			return
		}
	}
}

func (j *joined) Close() error {
	j.stop.Do(func() {
		close(j.closed)
		for _, l := range j.listeners {
			_ = l.Close()
		}
	})
	return nil
}

// Addr is the address of the first listener.
func (j *joined) Addr() net.Addr {
	if len(j.listeners) == 0 {
		return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}
	}
	return j.listeners[0].Addr()
}
