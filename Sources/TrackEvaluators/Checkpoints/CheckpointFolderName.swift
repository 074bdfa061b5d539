/// What the name of a checkpoint's folder says: `checkpoint-120`, `step-120`, `step120`, `global_step_120`.
struct CheckpointFolderName: Hashable {
    /// What stands before the number, for example `checkpoint-`.
    let stem: String
    let step: Int64

    init?(_ name: String) {
        let digits = String(name.reversed().prefix { $0.isASCII && $0.isNumber }.reversed())
        guard !digits.isEmpty, let step = Int64(digits) else { return nil }
        stem = String(name.dropLast(digits.count))
        let word = stem.last.map { "-_ ".contains($0) } == true ? String(stem.dropLast()) : stem
        guard ["checkpoint", "step", "global_step"].contains(word) else { return nil }
        self.step = step
    }

    /// The neighbour with the largest step below this one, by its folder's name.
    func previous(among names: [String]) -> String? {
        names.compactMap { name in CheckpointFolderName(name).map { (name: name, parsed: $0) } }
            .filter { $0.parsed.stem == stem && $0.parsed.step < step }
            .max { ($0.parsed.step, $1.name) < ($1.parsed.step, $0.name) }?.name
    }
}
