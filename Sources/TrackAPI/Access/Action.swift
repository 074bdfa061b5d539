import TrackCore

/// What a route lets its caller do. Every route names one where it is registered; who may do it is decided here and nowhere else.
enum Action: String, Sendable, CaseIterable {
    /// Ask whether the daemon lives; the answer tells nothing else.
    case watchHealth
    /// Ask who one is.
    case identify
    case read
    /// Read the documents of a revision: what a worker needs of all that can be read.
    case readDocuments
    /// Compare what one has sent with what is recorded: for whoever may have sent it.
    case compareDigests
    /// Record a run. Whose attempt it may end is the matter of ``Principal/checkSpeaks(for:in:)``.
    case recordRun
    case addCheckpoint
    case addDomainSet
    case evaluate
    case publishScorecard
    case claimJob
    /// Say how an attempt goes, and that it has ended.
    case reportAttempt
    case cancelJob
    case setSchedule
    /// Name a folder of the daemon's machine, whose text is then read by the daemon.
    case setRefresh
    case manageTokens
    case readAudit
    /// Read all that is recorded.
    case export
    /// Bring in records with their own ids and times.
    case importRecords

    /// - Throws: ``Problem`` that says what would be needed.
    func check(_ principal: Principal?) throws(Problem) {
        if self == .watchHealth { return }
        guard let principal else { throw Self.somebodyNeeded }
        if let attempt = principal.attempt {
            guard isForAttempts else {
                throw Problem(
                    .forbidden,
                    "The token of attempt \(attempt.fence) at job \(attempt.job) serves to report on that attempt, and for nothing else.")
            }
            return
        }
        guard roles.contains(principal.role) else {
            let needed = Role.allCases.filter(roles.contains).map(\.rawValue).joined(separator: " or ")
            throw Problem(
                .forbidden,
                "The token of \(principal.name) has the role \(principal.role.rawValue), and this needs \(needed). "
                    + "An administrator makes such a token with `trackd token create`.")
        }
        if self == .setRefresh, principal.token != nil { throw Self.machineNeeded }
    }

    /// Whoever holds a token from elsewhere must not choose which files of the daemon's machine are read.
    private static let machineNeeded = Problem(
        .forbidden,
        "A folder of the daemon's machine is named on that machine, over its Unix socket: run the command there, as the daemon's user.")

    static let somebodyNeeded = Problem(
        .unauthenticated,
        "Over TCP a token is needed: `Authorization: Bearer …`. `trackd token create` makes one on the daemon's machine, and `track login` "
            + "keeps it.")

    private var roles: Set<Role> {
        switch self {
        case .watchHealth, .identify, .readDocuments, .compareDigests: Set(Role.allCases)
        case .read: [.reader, .submitter, .admin]
        case .addCheckpoint, .addDomainSet, .evaluate, .publishScorecard: [.submitter, .admin]
        case .recordRun: [.submitter, .worker, .admin]
        case .claimJob, .reportAttempt: [.worker, .admin]
        case .cancelJob, .setSchedule, .setRefresh, .manageTokens, .readAudit, .export, .importRecords: [.admin]
        }
    }

    private var isForAttempts: Bool { self == .reportAttempt || self == .recordRun }
}
