//go:build linux

package command

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/cluster"
	"github.com/seatrial/seatrial/reference/host"
)

// These variables are set for the program that runs in the cluster's
// namespaces: the numbers of the files that it inherits.
const (
	listenerVariable = "SEATRIAL_LISTENER_FD"
	lockVariable     = "SEATRIAL_LOCK_FD"
)

// allInOneFlags are the flags of all-in-one.
type allInOneFlags struct {
	placeFlags
	apiPort    int
	progressFD int
	container  bool
	outbound   bool
	nodeName   string
	network    networkFlags
	apiServer  cluster.APIServerFlags
}

func allInOne(logger func() *slog.Logger) *cobra.Command {
	var flags allInOneFlags
	cmd := &cobra.Command{
		Use: "all-in-one", Short: "Run a whole cluster in this process", Args: cobra.NoArgs, Version: apiserver.Version,
		RunE: func(cmd *cobra.Command, _ []string) error {
			progress := flags.progress()
			err := flags.run(cmd, logger(), progress)
			if err != nil {
				progress.Fail(err)
			}
			return err
		},
	}
	cmd.SetVersionTemplate("Kubernetes {{.Version}}\n")
	flags.add(cmd)
	f := cmd.Flags()
	f.IntVar(&flags.apiPort, "api-port", 0, "port of the API on 127.0.0.1 (default: the one of the last start, else a free one)")
	f.IntVar(&flags.progressFD, "progress-fd", 0, "number of an open file that gets the progress as JSON lines")
	f.BoolVar(&flags.container, "in-container", false, "this process is the first of a container, which is the node")
	f.BoolVar(&flags.outbound, "outbound", true, "let pods reach what the host reaches (sets net.ipv4.ip_forward)")
	f.StringVar(&flags.nodeName, "node-name", "", "name of the node (default NAME-control-plane)")
	f.StringVar(&flags.network.advertise, "advertise-address", "", "further address of the node, at which pods reach the API server (default the node's own)")
	flags.network.addTo(f)
	addAPIServerFlags(f, &flags.apiServer)
	refuse(cmd, refusedInside())
	return cmd
}

func (f *allInOneFlags) progress() *cluster.Progress {
	if f.progressFD <= 0 {
		return nil
	}
	if f.progressFD == syscall.Stdout {
		return cluster.NewProgress(stdout{}) // whose number no other file may get
	}
	syscall.CloseOnExec(f.progressFD) // components start programs; none may hold it
	return cluster.NewProgress(os.NewFile(uintptr(f.progressFD), "progress"))
}

// stdout is the standard output, which stays open.
type stdout struct{}

func (stdout) Write(p []byte) (int, error) { return os.Stdout.Write(p) }

func (stdout) Close() error { return nil }

func (f *allInOneFlags) run(cmd *cobra.Command, log *slog.Logger, progress *cluster.Progress) error {
	place, err := f.place()
	if err != nil {
		return err
	}
	network, err := f.network.network()
	if err != nil {
		return err
	}
	options := cluster.Options{Place: place, NodeName: f.nodeName, APIServer: f.apiServer, Network: network, Progress: progress, Log: log}
	switch {
	case f.container:
		err = f.placeInContainer(&options)
	case os.Getenv(listenerVariable) == "":
		return f.enter(place)
	default:
		err = placeInside(&options)
	}
	if err != nil {
		return err
	}
	return cluster.Run(cmd.Context(), options)
}

// enter makes the cluster's place on the host and starts this program again in it.
func (f *allInOneFlags) enter(place host.Place) error {
	if os.Geteuid() != 0 {
		return errors.New("a cluster on the host needs root: run as root, or use seatrial up --driver docker")
	}
	lock, err := place.Lock()
	if err != nil {
		return err
	}
	record, err := cluster.ReadRecord(place)
	if err != nil {
		return err
	}
	if f.apiPort == 0 {
		f.apiPort = record.APIPort
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(f.apiPort)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("port %d on 127.0.0.1 is in use by another program: choose another one with --api-port", f.apiPort)
	}
	if err != nil {
		return fmt.Errorf("open API port: %w", err)
	}
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		return fmt.Errorf("keep API port open: %w", err)
	}
	files := []*os.File{file, lock}
	if f.progressFD > 0 {
		files = append(files, os.NewFile(uintptr(f.progressFD), "progress"))
	}
	env := append(os.Environ(), fmt.Sprintf("%s=%d", listenerVariable, file.Fd()), fmt.Sprintf("%s=%d", lockVariable, lock.Fd()))
	settled := func() error { return f.connect(place, listener.Addr().(*net.TCPAddr).Port) }
	return place.Enter(os.Args, env, settled, files...)
}

// connect links the settled namespaces with the host and writes the record that the program inside reads.
func (f *allInOneFlags) connect(place host.Place, port int) error {
	link, err := place.Connect()
	if err != nil {
		return err
	}
	if f.outbound {
		if err := place.AllowOutbound(link); err != nil {
			return err
		}
	}
	record := cluster.Record{
		Name: place.Name, APIPort: port, NodeIP: link.Node,
		Server: fmt.Sprintf("https://127.0.0.1:%d", port),
	}
	return record.Write(place)
}

// placeInside fills in what the program outside has prepared.
func placeInside(o *cluster.Options) error {
	fd, err := inherited(listenerVariable)
	if err != nil {
		return err
	}
	file := os.NewFile(uintptr(fd), "listener")
	defer func() { _ = file.Close() }()
	if o.Listener, err = net.FileListener(file); err != nil {
		return fmt.Errorf("take over API port: %w", err)
	}
	if _, err := inherited(lockVariable); err != nil { // no *os.File: that would be closed when collected
		return err
	}
	record, err := cluster.ReadRecord(o.Place)
	if err != nil {
		return err
	}
	o.Server, o.NodeIP = record.Server, record.NodeIP
	return nil
}

// inherited returns the number of the open file that an environment variable
// names. Programs that this one starts do not get it.
func inherited(variable string) (int, error) {
	fd, err := strconv.Atoi(os.Getenv(variable))
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", variable, err)
	}
	if err := os.Unsetenv(variable); err != nil {
		return 0, fmt.Errorf("unset %s: %w", variable, err)
	}
	syscall.CloseOnExec(fd)
	return fd, nil
}
