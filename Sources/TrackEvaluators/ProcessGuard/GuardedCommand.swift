package import SystemPackage

/// What to run under guard, and within which limits.
package struct GuardedCommand: Sendable {
    /// The program, as a path or a name on `PATH`, and its arguments.
    package var arguments: [String]
    /// The whole environment of the program: nothing is inherited.
    package var environment: [String: String]
    /// As whom to run it; nil for this process's own user.
    package var user: RunAs?
    package var workingDirectory: FilePath?
    /// Where a note about the process lies while it runs, for ``GuardedProcess/killSurvivors(in:)``.
    package var noteFolder: FilePath?
    /// The longest line of output that is accepted, in bytes.
    package var lineLimit: Int
    /// How long the program may live on after its input has ended, or after it was told to end, before it is killed.
    package var grace: Duration

    package init(
        _ arguments: [String], environment: [String: String], user: RunAs? = nil, workingDirectory: FilePath? = nil,
        noteFolder: FilePath? = nil, lineLimit: Int = 64 << 20, grace: Duration = .seconds(5)
    ) {
        self.arguments = arguments
        self.environment = environment
        self.user = user
        self.workingDirectory = workingDirectory
        self.noteFolder = noteFolder
        self.lineLimit = lineLimit
        self.grace = grace
    }

    /// What starts the guard: the shell, as the other user if there is one, who then cannot gain rights either.
    ///
    /// The change of user is left to `setpriv`, which becomes the shell. Subprocess's own `userID` calls glibc's `setuid` in a child that
    /// was cloned behind glibc's back: it waits there, now and then for ever, for threads that only the parent has.
    var launcher: [String] {
        guard let user else { return ["/bin/bash"] }
        return ["/usr/bin/setpriv", "--reuid=\(user.uid)", "--regid=\(user.gid)", "--clear-groups", "--no-new-privs", "--", "/bin/bash"]
    }

    /// The shell that stands between this process and the program, in a session and a process group of its own.
    ///
    /// A feeder copies the program's input. It reaches its end when this process closes the pipe or dies, however it dies; then the
    /// program's input ends too, and after the grace (argument 1, seconds) the feeder kills the whole group. If the shell itself is killed,
    /// the feeder lives on and does the same. When the program ends by itself, the shell passes its status on at once; the feeder holds
    /// neither output open. The shell outlives a `SIGTERM` to the group, so that its end means the program's end. Its own remarks are
    /// dropped (descriptor 4 is the program's standard error).
    ///
    /// Before all that come the limits: no core file, which could hold a model's weights; no file beyond 1 GiB, which could fill the disk
    /// that the daemon records on; 4096 open files. There is none for memory, of which CUDA reserves addresses without end.
    static let script = """
        ulimit -c 0 -f 1048576
        ulimit -n 4096 2>/dev/null
        trap : TERM INT HUP
        export -n SHLVL PWD OLDPWD
        grace=$1
        shift
        exec 3<&0 </dev/null 4>&2 2>/dev/null
        exec 5< <(
            trap '' TERM INT HUP
            exec 4>&-
            cat <&3
            exec >/dev/null
            sleep "$grace"
            kill -KILL -- -$$
        )
        "$@" <&5 2>&4 3<&- 4>&- 5<&-
        exit "$?"
        """
}
