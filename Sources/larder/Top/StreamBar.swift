import Control

/// Where a stream is in its file: `[====>++.....]`. Behind the reader `=`, fetched ahead of it `+`;
/// backwards it is `[.....++<====]`.
enum StreamBar {
    /// - Parameter cells: between the brackets.
    static func text(_ stream: StreamStatus, cells: Int) -> String {
        guard cells > 0, stream.sizeBytes > 0 else {
            return "[" + String(repeating: ".", count: max(0, cells)) + "]"
        }
        let perCell = Double(stream.sizeBytes) / Double(cells)
        let position = min(max(0, Double(stream.positionBytes)), Double(stream.sizeBytes))
        let isBackward = stream.pattern == "backward"
        // Of a reader that goes backwards, counted from the end.
        let done = isBackward ? Double(stream.sizeBytes) - position : position
        let at = min(cells - 1, Int(done / perCell))
        // A little is something too.
        let wanted = (Double(max(0, stream.aheadBytes)) / perCell).rounded(.up)
        let ahead = Int(min(wanted, Double(cells - 1 - at)))
        var text = String(repeating: "=", count: at) + (isBackward ? "<" : ">")
        text += String(repeating: "+", count: ahead)
        text += String(repeating: ".", count: cells - 1 - at - ahead)
        return "[" + (isBackward ? String(text.reversed()) : text) + "]"
    }
}
