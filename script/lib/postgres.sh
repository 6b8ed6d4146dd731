# For scripts to source: finding a PostgreSQL server, and running a throw-away cluster with it.
# The portal itself does this in src/platform/db/private_cluster/.
# shellcheck shell=bash

POSTGRES_MINIMUM=15

# Prints the bin folder of the newest usable server, or nothing.
postgres_bin_dir() {
	local dir newest='' newest_major=0 major
	if [[ -n ${PG_BIN_DIR:-} ]]; then
		major=$(postgres_major "$PG_BIN_DIR")
		((major < POSTGRES_MINIMUM)) || printf '%s\n' "$PG_BIN_DIR"
		return
	fi
	local IFS=:
	for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin $PATH; do
		# Links are followed: initdb and its kin may lie beside the real file only.
		[[ -x $dir/postgres ]] || continue
		dir=$(dirname "$(readlink -f "$dir/postgres")")
		major=$(postgres_major "$dir")
		if ((major >= POSTGRES_MINIMUM && major > newest_major)); then
			newest=$dir newest_major=$major
		fi
	done
	[[ -z $newest ]] || printf '%s\n' "$newest"
}

# Prints the major version of the server in a folder, or 0 if it is not a complete one.
postgres_major() {
	local program
	for program in initdb pg_ctl postgres pg_isready psql; do
		[[ -x $1/$program ]] || { echo 0 && return; }
	done
	"$1/postgres" --version | sed -n 's/.*(PostgreSQL) \([0-9]*\).*/\1/p;q'
}

# Starts an empty cluster that nobody else can reach; sets scratch_url (its database `postgres`).
# It goes away when the script ends.
start_scratch_postgres() {
	scratch_bin=$(postgres_bin_dir)
	if [[ -z $scratch_bin ]]; then
		echo "no PostgreSQL server of version $POSTGRES_MINIMUM or newer: run script/install-prerequisites check" >&2
		return 1
	fi
	local memory=/dev/shm
	[[ -d $memory && -w $memory ]] || memory=/tmp
	scratch_dir=$(mktemp -d "$memory/portal-schema.XXXXXX")
	trap stop_scratch_postgres EXIT
	scratch_user=
	if ((EUID == 0)); then
		scratch_user=$(id -un postgres 2>/dev/null || echo nobody)
		chown "$scratch_user" "$scratch_dir"
	fi
	as_scratch_user initdb -D data -U portal -A trust -E UTF8 --locale C.UTF-8 --no-sync --no-instructions >/dev/null
	# pg_ctl's output goes to a file: the server inherits it, and would hold a pipe open.
	as_scratch_user pg_ctl start -D data -w -s -l log -o "-c listen_addresses= -c fsync=off -k $scratch_dir" >/dev/null 2>&1 ||
		{ cat "$scratch_dir/log" >&2 && return 1; }
	scratch_url=postgres://portal@${scratch_dir//\//%2F}/postgres
}

stop_scratch_postgres() {
	as_scratch_user pg_ctl stop -D data -m immediate -s >/dev/null 2>&1 || true
	rm -rf "$scratch_dir"
}

# PostgreSQL refuses to run as root.
as_scratch_user() {
	local program=$scratch_bin/$1
	shift
	if [[ -z $scratch_user ]]; then
		(cd "$scratch_dir" && "$program" "$@")
	else
		(cd "$scratch_dir" && setpriv --reuid="$scratch_user" --regid="$(id -g "$scratch_user")" --clear-groups -- "$program" "$@")
	fi
}
