#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The folders below which a worker reads checkpoints, so that whoever may queue a job cannot have any folder of its machine read.
package struct CheckpointRoots: Sendable {
    /// Absolute paths; none stands for the whole machine.
    private let folders: [String]

    package static let any = CheckpointRoots(folders: [])

    /// One of the folders is not an absolute path.
    package struct Fault: Error, CustomStringConvertible {
        package let description: String
    }

    /// - Parameter folders: absolute paths; none for the whole machine. They need not exist yet.
    package init(_ folders: [String]) throws(Fault) {
        if let relative = folders.first(where: { !$0.hasPrefix("/") || $0.utf8.contains(0) }) {
            throw Fault(description: "A folder of checkpoints must be an absolute path, and \(relative.debugDescription) is none.")
        }
        self.init(folders: folders)
    }

    private init(folders: [String]) { self.folders = folders }

    /// The path as it is without links, so that what was allowed is what is read.
    ///
    /// - Returns: the path itself where everything is allowed; nil where nothing is there.
    /// - Throws: an ``AttemptFailure`` that names the path when it leads out of the folders.
    func allowed(_ path: String) throws(AttemptFailure) -> String? {
        guard !folders.isEmpty else { return path }
        guard let place = Self.resolved(path) else { return nil }
        guard folders.compactMap(Self.resolved).contains(where: { Self.holds($0, place) }) else {
            throw AttemptFailure(
                "\(path)\(place == path ? "" : ", which leads to \(place),") is outside of the folders that this worker reads "
                    + "checkpoints from: " + folders.joined(separator: ", ") + ". Move it there, or add its folder to checkpoints.roots.",
                retry: false)
        }
        return place
    }

    private static func holds(_ folder: String, _ place: String) -> Bool {
        place == folder || place.hasPrefix(folder == "/" ? folder : folder + "/")
    }

    private static func resolved(_ path: String) -> String? {
        guard let place = realpath(path, nil) else { return nil }
        defer { free(place) }
        return String(cString: place)
    }
}
