package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seatrial/seatrial/features"
	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/rbac"
	"github.com/seatrial/seatrial/harness/recorded"
	"github.com/seatrial/seatrial/harness/spec"
)

// rbacFlags are the flags of seatrial rbac.
type rbacFlags struct {
	profile, tags, from string
	user, account       string
	namespaces          []string
}

func (e *env) rbac() *cobra.Command {
	var flags rbacFlags
	cmd := &cobra.Command{
		Use:   "rbac",
		Short: "Print the least rights with which the specification can be run",
		Long: "Print the least Role and ClusterRole with which a profile can be run, found from the requests that its\n" +
			"behaviours made: those of the run of --from, or else those that were recorded when the kit was built.\n\n" +
			"A run that may not make Namespaces is given some with --namespace, here and at seatrial run.",
		Example: "  seatrial rbac --profile core --user jane | kubectl apply -f -\n" +
			"  seatrial rbac --profile namespaced --namespace trial-a,trial-b --service-account trial-a/default",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return e.leastRights(flags) },
	}
	f := cmd.Flags()
	f.StringVar(&flags.profile, "profile", "full", "profile whose behaviours shall run, or a file (see seatrial profiles)")
	f.StringVar(&flags.tags, "tags", "", "tag expression that selects behaviours of the profile")
	f.StringVar(&flags.from, "from", "", "folder of a run whose requests count (default what was recorded when the kit was built)")
	f.StringSliceVar(&flags.namespaces, "namespace", nil, "Namespaces that the run is given, separated by commas; without any it makes its own")
	f.StringVar(&flags.user, "user", "", "user to bind the roles to")
	f.StringVar(&flags.account, "service-account", "", "ServiceAccount to bind the roles to, as namespace/name")
	return cmd
}

func (e *env) leastRights(flags rbacFlags) error {
	subject, err := rbac.Subject(flags.user, flags.account)
	if err != nil {
		return &usageError{err}
	}
	selected, err := selection(flags.profile, flags.tags)
	if err != nil {
		return err
	}
	recording, source, err := recordingFrom(flags.from)
	if err != nil {
		return err
	}
	var calls []journal.Call
	var needs, unknown []string
	for _, s := range selected {
		entry, ok := recording[s.ID]
		if !ok {
			unknown = append(unknown, s.ID)
			continue
		}
		calls = append(calls, entry.Calls...)
		needs = append(needs, s.Values("needs")...)
	}
	if len(calls) == 0 {
		return &usageError{fmt.Errorf("none of the %d behaviours is in %s", len(selected), source)}
	}
	slices.Sort(needs)
	roles := rbac.Least(calls, rbac.Options{Namespaces: flags.namespaces, Needs: slices.Compact(needs)})
	e.describeRights(flags, roles, len(selected)-len(unknown), source)
	if len(unknown) > 0 {
		e.say("%d behaviours are not in %s, so their rights may be missing: %s", len(unknown), source, strings.Join(unknown, ", "))
	}
	return roles.Write(e.out, subject)
}

// describeRights writes the comment above the roles.
func (e *env) describeRights(flags rbacFlags, roles rbac.Roles, behaviours int, source string) {
	all, everywhere := roles.Count()
	profile := flags.profile
	if flags.tags != "" {
		profile += ", " + flags.tags
	}
	_, _ = fmt.Fprintf(e.out, "# The least rights for %d behaviours (profile %s), from %s.\n# %d rules, %d of them for the whole cluster.\n", behaviours, profile, source, all, everywhere)
	for _, warning := range roles.Warnings() {
		_, _ = fmt.Fprintf(e.out, "# Note: the bearer %s.\n", warning)
	}
	command := "seatrial run --profile " + quoted(cmp.Or(flags.profile, "full"))
	if flags.tags != "" {
		command += " --tags " + quoted(flags.tags)
	}
	if len(flags.namespaces) > 0 {
		command += " --namespace " + strings.Join(flags.namespaces, ",")
	}
	_, _ = fmt.Fprintf(e.out, "# To use them: %s --kubeconfig <that of the bearer>\n", command)
}

// selection lists the behaviours of a profile that the tags keep.
func selection(nameOrFile, tags string) ([]spec.Scenario, error) {
	pages, err := spec.Load(features.FS)
	if err != nil {
		return nil, err
	}
	all := spec.Scenarios(pages)
	p, err := loadProfile(nameOrFile, all)
	if err != nil {
		return nil, err
	}
	wanted, err := spec.ParseSelector(tags)
	if err != nil {
		return nil, &usageError{err}
	}
	selected := spec.Select(spec.Select(all, p.Selects), wanted)
	if len(selected) == 0 {
		return nil, &usageError{fmt.Errorf("the profile %s has no behaviour that the tags %q select", p.Name, tags)}
	}
	return selected, nil
}

// recordingFrom reads the requests of a run, or those that are part of the kit. The source says in a few words which.
func recordingFrom(dir string) (recording recorded.Recording, source string, err error) {
	if dir == "" {
		recording, err = recorded.Built()
		return recording, "the recording of the kit", err
	}
	j, err := journal.Read(dir)
	if err != nil {
		return nil, "", &usageError{err}
	}
	return recorded.Of(j), "the run " + j.Run.ID, nil
}
