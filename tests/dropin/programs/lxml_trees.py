"""lxml: trees, XPath and XSLT with functions in Python, SAX-like targets, error logs."""

import io

from lxml import etree, html, objectify
from results import show

root = etree.Element("farm")
for number in range(100):
    hen = etree.SubElement(root, "hen", name=f"hen {number}", age=str(number % 7))
    hen.text = "cluck " * (number % 3)
text = etree.tostring(root, pretty_print=True)
show("text", text)
tree = etree.fromstring(text)
show("xpath", tree.xpath("//hen[@age > 4]/@name"))

functions = etree.FunctionNamespace("urn:sample")
functions.prefix = "s"
functions["older"] = lambda context, nodes, years: [node for node in nodes if int(node.get("age")) > years]
show("function", [node.get("name") for node in tree.xpath("s:older(//hen, 5)")])


def failing(context):
    raise LookupError("in an XPath function")


functions["failing"] = failing
try:
    tree.xpath("s:failing()")
except LookupError as error:
    show("error", error)

style = etree.XSLT(
    etree.XML(
        """<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:s="urn:sample">
        <xsl:template match="/"><old><xsl:for-each select="s:older(//hen, 4)"><xsl:sort select="@name"/>
        <x><xsl:value-of select="@name"/></x></xsl:for-each></old></xsl:template></xsl:stylesheet>"""
    )
)
show("transformed", str(style(tree)))


class Target:
    def __init__(self):
        self.events = []

    def start(self, tag, attributes):
        self.events.append((tag, dict(attributes)))

    def data(self, data):
        self.events.append(data)

    def close(self):
        return self.events


show("target", etree.parse(io.BytesIO(text), etree.XMLParser(target=Target())))
show("events", [(event, node.tag) for event, node in etree.iterparse(io.BytesIO(text), events=("start", "end"))])
show("objects", [hen.get("name") for hen in objectify.fromstring(text).hen[3:6]])
show("html", [link for *_, link, _ in html.fromstring('<p>a<a href="x">b<img src="y">').iterlinks()])
try:
    etree.fromstring("<a><b></a>")
except etree.XMLSyntaxError as error:
    show("syntax error", error)
with etree.xmlfile(output := io.BytesIO()) as file, file.element("root"):
    for number in range(3):
        with file.element("item", n=str(number)):
            file.write("text")
show("written", output.getvalue())
