import json, sys, traceback, decimal, collections, io
def tb(f,*a):
    for i in range(12):
        try: r=f(*a)
        except BaseException as e:
            out=[type(e).__name__,str(e),repr(e.__context__),[(x.name,x.lineno,x.line) for x in traceback.extract_tb(e.__traceback__)]]
        else: out=repr(r)
    print(out)
log=[]
def oh(d): log.append(('o',d)); return {'hooked':d}
def ph(p): log.append(('p',p)); return p
def pf(t): log.append(('f',t)); return 'F'+t
def pi(t): log.append(('i',t)); return [t]
def pc(t): log.append(('c',t)); return (t,)
def bad(x): raise KeyError('bad')
texts=['{}','[]','1','1.5','"x"','null','[1,2.5,"a",{"k":[1,{"z":NaN}],"b":{}},[[]],-Infinity]','{"a":1,"a":2}','[1,{"a":1},','{"a":{"b":1} x}','','[1.0,{"q":2}]extra','"\\ud800"','[{"a":1},{"a":2},[3.5,[{"b":Infinity}]]]', '['*5+']'*5]
for t in texts:
    for kw in ({},dict(object_hook=oh),dict(object_pairs_hook=ph),dict(object_pairs_hook=ph,object_hook=oh),dict(parse_float=pf),dict(parse_int=pi),dict(parse_constant=pc),dict(object_hook=oh,parse_float=decimal.Decimal,parse_int=pi),dict(object_hook=bad),dict(object_pairs_hook=collections.OrderedDict,parse_float=pf),dict(object_hook=oh,parse_int=tuple),dict(object_hook=lambda d:[d]),dict(strict=False,object_hook=oh)):
        del log[:]; tb(lambda: json.loads(t,**kw)); print(log)
dec=json.JSONDecoder(object_hook=oh); tb(lambda: dec.raw_decode('xx{"a":1}yy',2)); tb(lambda: dec.raw_decode('xx',2)); tb(lambda: dec.scan_once('{}',0)); tb(lambda: dec.scan_once('{}',-1)); tb(lambda: dec.scan_once(*('{"a":{}}',0))); tb(lambda: dec.scan_once(b'{}',0)); tb(lambda: dec.scan_once(string='{}',idx=0))
class O:
    def __init__(s,v): s.v=v
    def __repr__(s): return 'O'
def d(o):
    log.append(type(o).__name__)
    if isinstance(o,(set,frozenset)): return sorted(o)
    return o.v
circ=[]; circ.append(circ); o=O(0); o.v=o; c2={'a':[O(1)]}; c2['c']=c2
class E(json.JSONEncoder):
    def default(s,o): return d(o) if not isinstance(o,complex) else super().default(o)
vals=[O(1),[O(1),O('x'),{'a':O([1,O(2)]),2:3,None:O(None),True:1,1.5:O(2.5)}],{'s':{3,1,2}},circ,o,c2,{O(1):2,'x':O(1)},{(1,):O(3)},[complex(1)],O(float('nan')),[float('nan'),O(1)],{'z':1,'a':O(2)},(O(1),(),[],{}),O(O(O(3))),{'x':[O({})]},{1:O(1),'a':2}, 'plain',[1,{'a':None}]]
for v in vals:
    for kw in (dict(default=d),dict(cls=E),dict(default=bad),{},dict(default=d,sort_keys=True),dict(default=d,skipkeys=True),dict(default=d,separators=(',',':')),dict(default=d,ensure_ascii=False,allow_nan=False),dict(default=d,check_circular=False),dict(default=d,indent=1),dict(default=str)):
        if kw.get('check_circular')is False and (v is circ or v is o or v is c2): continue
        del log[:]; tb(lambda: json.dumps(v,**kw)); print(log[:5])
f=io.StringIO(); json.dump([O(1)],f,default=d); print(f.getvalue())
