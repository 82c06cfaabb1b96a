// Many nodes against one campus: shown where the release has the tables.
function resilienceHeadline() { return null; }
function portfolioSection() { return null; }
