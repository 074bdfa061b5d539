/// Where a machine's track keeps its state: the rules that daemon, command line and worker share. Pure; nobody looks at the disk here.
package struct StateFolder: Hashable, Sendable, CustomStringConvertible {
    package let path: String

    package init(path: String) {
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// `TRACK_STATE_FOLDER`, else `/var/lib/track` for root, else `$XDG_STATE_HOME/track`, else `~/.local/state/track`.
    ///
    /// Nil when none of the variables says where. An `XDG_STATE_HOME` that is not absolute is ignored, as its specification demands.
    package static func standard(environment: [String: String], uid: UInt32) -> StateFolder? {
        if let chosen = environment["TRACK_STATE_FOLDER"], !chosen.isEmpty { return StateFolder(path: chosen) }
        if uid == 0 { return StateFolder(path: "/var/lib/track") }
        if let base = environment["XDG_STATE_HOME"], base.hasPrefix("/") { return StateFolder(path: base + "/track") }
        if let home = environment["HOME"], home.hasPrefix("/") { return StateFolder(path: home + "/.local/state/track") }
        return nil
    }

    /// The Unix socket on which the daemon listens, when its path is short enough.
    package var socket: String { path + "/trackd.sock" }

    /// Where the daemon writes the socket's real path when ``socket`` is longer than the kernel allows.
    package var addressFile: String { path + "/trackd.address" }

    /// The token of this machine's administrator, mode 0600.
    package var adminToken: String { path + "/admin-token" }

    /// Records that wait for the daemon.
    package var spool: String { path + "/spool" }

    package var description: String { path }

    /// The longest path of a Unix socket in bytes: `sun_path` has 108 with the final NUL.
    package static let longestSocketPath = 107

    package static func isSocketPathShortEnough(_ path: String) -> Bool { path.utf8.count <= longestSocketPath }
}
