/// Columns for a person: aligned, two blanks apart, no trailing blanks.
package struct TextTable {
    package enum Alignment: Sendable { case left, right }

    package struct Cell: Hashable, Sendable, ExpressibleByStringLiteral {
        let text: String
        let colour: Look.Colour?

        package init(_ text: String, _ colour: Look.Colour? = nil) {
            self.text = text
            self.colour = colour
        }

        package init(stringLiteral value: String) { self.init(value) }
    }

    private let columns: [(title: String, alignment: Alignment)]
    private var rows: [[Cell]] = []

    package init(_ columns: (String, Alignment)...) { self.columns = columns.map { (title: $0.0, alignment: $0.1) } }

    /// A row of as many cells as there are columns; missing ones stay empty.
    package mutating func add(_ cells: [Cell]) { rows.append(cells) }

    package var isEmpty: Bool { rows.isEmpty }

    package func text(_ look: Look) -> String {
        let header = columns.map { Cell($0.title, .bold) }
        let all = [header] + rows
        let widths = columns.indices.map { column in all.map { column < $0.count ? $0[column].text.count : 0 }.max() ?? 0 }
        return all.map { row in line(row, widths, look) }.joined(separator: "\n")
    }

    private func line(_ row: [Cell], _ widths: [Int], _ look: Look) -> String {
        let last = row.lastIndex { !$0.text.isEmpty } ?? -1
        var line = ""
        for (index, cell) in row.enumerated() where index <= last {
            if index > 0 { line += "  " }
            let space = String(repeating: " ", count: widths[index] - cell.text.count)
            let painted = look.painted(cell.text, cell.colour)
            switch columns[index].alignment {
            case .left: line += painted + (index == last ? "" : space)
            case .right: line += space + painted
            }
        }
        return line
    }
}
