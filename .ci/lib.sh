# Shared by the scripts of this directory; source it, do not run it.
# shellcheck shell=bash

set -euo pipefail

# Pinned so that a new release of the linter cannot turn a good change red.
# shellcheck disable=SC2034 # used by run
readonly golangci=github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

# What CI wants of every test: a service that is missing is a failure.
export DJINN_REQUIRE_SERVICES=1

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

current=
durations=()

# step HEADING COMMAND...: runs the command under a heading and times it.
step() {
	current=$1
	local start=$SECONDS
	printf '\n=== %s\n' "$current"
	shift
	"$@"
	durations+=("$(printf '%5d s  %s' $((SECONDS - start)) "$current")")
	printf '%s\n' "${durations[-1]}"
	current=
}

# finish prints how long each step took, and on failure which one failed.
finish() {
	local status=$?
	printf '\n=== Durations\n'
	printf '%s\n' "${durations[@]}"
	printf '%5d s  in all\n' "$SECONDS"
	if ((status != 0)); then
		printf '\n=== FAILED: %s\n' "${current:-before the first step}" >&2
	fi
}

# fail MESSAGE...: ends the script with an error.
fail() {
	printf 'error: %s\n' "$*" >&2
	exit 1
}

# modules prints the directory of every module of the workspace.
modules() {
	go list -m -f '{{.Dir}}'
}

# published prints the directory of every module that users download.
published() {
	modules | grep -vE '/(examples|gormstore/dbtest)$'
}

# tool NAME ARGUMENTS…: runs a program that the module of CI's tools names, built with
# its own versions and run with the workspace.
tool() {
	local name=$1
	shift
	(cd "$root/.ci/tools" && GOWORK=off go build -o "$root/.ci/tools/bin/" tool)
	"$root/.ci/tools/bin/$name" "$@"
}

# all_modules adds those that are kept out of it.
all_modules() {
	git ls-files '*go.mod' | sed "s,^,$root/,; s,/go\.mod$,,"
}

# each DIRS COMMAND...: runs the command in every directory of a list.
each() {
	local dir dirs=$1
	shift
	[[ -n $dirs ]] || fail 'no module found'
	for dir in $dirs; do
		printf -- '- %s\n' ".${dir#"$root"}"
		(cd "$dir" && "$@")
	done
}

# answers PORT: whether something listens there on this machine.
answers() {
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}
