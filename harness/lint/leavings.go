package lint

import (
	"regexp"

	"github.com/seatrial/seatrial/harness/spec"
)

// What the sentences make is removed after the scenario, and with its Namespace what is in there. What kubectl or a bare request makes
// beyond that, nobody removes.
var (
	clusterWide = `(?:namespace|ns|clusterrole|clusterrolebinding|priorityclass|pc)`
	creates     = regexp.MustCompile(`"kubectl (?:-\S+ )*create (` + clusterWide + `) `)
	reads       = regexp.MustCompile(`"kubectl (?:-\S+ )*(?:create|apply|replace) .*-f -`)
	ofCluster   = regexp.MustCompile(`(?m)^\s*\{?"?kind"?: *"?(Namespace|Node|PersistentVolume|PriorityClass|StorageClass|IngressClass|RuntimeClass|` +
		`ClusterRole|ClusterRoleBinding|CSIDriver|CSINode|VolumeAttachment|CustomResourceDefinition|APIService|CertificateSigningRequest|ServiceCIDR|` +
		`[A-Z][A-Za-z]+WebhookConfiguration|[A-Z][A-Za-z]+AdmissionPolicy(?:Binding)?)\b`)
	posts = regexp.MustCompile(`send POST "(/apis?/[^"?]*)("|\?)`)
	// kept are the paths of what is not cluster-scoped, or is never stored.
	kept   = regexp.MustCompile(`/namespaces/[^/]+/|/[a-z]+reviews$`)
	dryRun = regexp.MustCompile(`--dry-run=(?:server|client)|[?&]dryRun=All`)
)

// leaves names what a line makes that nobody would remove, or is empty.
func leaves(step spec.Step) string {
	if dryRun.MatchString(step.Text) {
		return ""
	}
	if found := creates.FindStringSubmatch(step.Text); found != nil {
		return found[1]
	}
	if found := posts.FindStringSubmatch(step.Text); found != nil && !kept.MatchString(found[1]) {
		return found[1]
	}
	if step.Doc == nil || !reads.MatchString(step.Text) {
		return ""
	}
	if found := ofCluster.FindStringSubmatch(*step.Doc); found != nil {
		return found[1]
	}
	return ""
}
