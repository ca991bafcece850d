// Page names: the HTML files in a folder of reports. Their readers need not load the reports.

/** The report of one run. */
export const runPage = "report.html";

/** The page of many runs, with links to the report of each. */
export const indexPage = "index.html";
