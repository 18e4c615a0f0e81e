package job

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// indexes is a set of completion indexes, written like "1,3-5,7". A nil set is empty.
type indexes map[int32]bool

// parseIndexes ignores what it cannot read: the API server validates the form.
func parseIndexes(s string) indexes {
	out := indexes{}
	for part := range strings.SplitSeq(s, ",") {
		first, last, isRange := strings.Cut(part, "-")
		from, err := strconv.ParseInt(first, 10, 32)
		if err != nil {
			continue
		}
		to := from
		if isRange {
			if to, err = strconv.ParseInt(last, 10, 32); err != nil {
				continue
			}
		}
		for i := from; i <= to; i++ {
			out[int32(i)] = true
		}
	}
	return out
}

// String writes runs of three and more as ranges.
func (x indexes) String() string {
	all := slices.Sorted(maps.Keys(x))
	var parts []string
	for i := 0; i < len(all); {
		j := i
		for j+1 < len(all) && all[j+1] == all[j]+1 {
			j++
		}
		switch j - i {
		case 0:
			parts = append(parts, fmt.Sprint(all[i]))
		case 1:
			parts = append(parts, fmt.Sprintf("%d,%d", all[i], all[j]))
		default:
			parts = append(parts, fmt.Sprintf("%d-%d", all[i], all[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, ",")
}

func (x indexes) has(i int32) bool { return x[i] }

func (x indexes) with(i int32) indexes {
	if x == nil {
		x = indexes{}
	}
	x[i] = true
	return x
}

func (x indexes) filter(keep func(int32) bool) indexes {
	out := indexes{}
	for i := range x {
		if keep(i) {
			out[i] = true
		}
	}
	return out
}

func (x indexes) below(n int32) indexes { return x.filter(func(i int32) bool { return i < n }) }

func (x indexes) minus(y indexes) indexes { return x.filter(func(i int32) bool { return !y[i] }) }

func (x indexes) and(y indexes) indexes { return x.filter(func(i int32) bool { return y[i] }) }

func (x indexes) or(y indexes) indexes {
	out := maps.Clone(x)
	if out == nil {
		out = indexes{}
	}
	maps.Copy(out, y)
	return out
}

// indexOf is the completion index of a pod.
func indexOf(pod *corev1.Pod) (int32, bool) {
	i, err := strconv.ParseInt(pod.Annotations[batchv1.JobCompletionIndexAnnotation], 10, 32)
	return int32(i), err == nil && i >= 0
}
